"""All addresses of the console; each room names its own."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from dashboard.api.app import api
from dashboard.api.facts import add_fact_calls
from dashboard.views.doors import admin_login
from perspt_site.facts import facts

add_fact_calls(api, facts)

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", api.urls),
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
    path("", include("dashboard.urls")),
]

handler400 = "dashboard.views.errors.bad_request"
handler403 = "dashboard.views.errors.forbidden"
handler404 = "dashboard.views.errors.not_found"
handler500 = "dashboard.views.errors.broken"
