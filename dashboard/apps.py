"""The console as a Django application. It starts no threads: the engine belongs to the serving process (asgi.py)."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class DashboardConfig(AppConfig):
    name = "dashboard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dashboard import checks  # noqa: F401  registers the system checks
        from dashboard.access import meters, roles  # noqa: F401  groups and permissions after each migration
        from dashboard.services.log import ensure_log, grew

        post_migrate.connect(ensure_log, sender=self)
        connection_created.connect(meters.watch_database, dispatch_uid="dashboard.meters")
        grew.connect(meters.count_events, dispatch_uid="dashboard.meters")
