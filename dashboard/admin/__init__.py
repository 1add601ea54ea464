"""Django's admin: accounts are managed here; the nouns of the console are looked at, and ordered about with a reason.

Whatever changes a noun goes through a service, so nothing here saves one: there is no add, no change, no delete.
"""

from django.apps import apps
from django.contrib import admin

from dashboard.admin import accounts, nouns  # noqa: F401  they register themselves
from dashboard.admin.looking import LookOnly

admin.site.site_header = admin.site.site_title = "Perspt"
admin.site.index_title = "Accounts, and a look into the tables"

for model in apps.get_app_config("dashboard").get_models():
    if not admin.site.is_registered(model):
        admin.site.register(model, LookOnly)
