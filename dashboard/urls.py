"""The addresses of pages and doors. Templates and tests use the names only."""

from django.urls import path

from dashboard.views import doors, health

app_name = "dashboard"

urlpatterns = [
    path("login/", doors.login, name="login"),
    path("logout/", doors.logout, name="logout"),
    path("launch/", doors.launch, name="launch"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
