"""Django's admin: accounts can be managed here; the nouns of the console can be looked at and not touched.

Whatever changes a noun goes through a service, so nothing here saves one: there is no add, no change, no delete.
"""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from dashboard.models import Agent, AgentSession, ApiToken, Approval, Command, Event, Lease, Question, Throttle

admin.site.site_header = admin.site.site_title = "Perspt"
admin.site.index_title = "Accounts, and a look into the tables"


class LookOnly(admin.ModelAdmin[Any]):
    """A list and a page to read."""

    list_per_page = 50
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False


COLUMNS: dict[type[Model], tuple[str, ...]] = {
    Agent: ("name", "runtime", "host", "state", "seen_by", "seen_at"),
    AgentSession: ("external_id", "source", "agent", "state", "seen_at"),
    Approval: ("id", "agent", "approval_kind", "risk", "status", "resolved_by", "asked_at"),
    Question: ("id", "agent", "status", "resolved_by", "asked_at"),
    Command: ("id", "verb", "agent", "subject", "operator", "status", "issued_at"),
    Event: ("seq", "kind", "agent", "ref", "at"),
    ApiToken: ("id", "name", "prefix", "host", "created_by", "last_used_at", "revoked_at"),
    Lease: ("name", "owner", "expires_at"),
    Throttle: ("key", "count", "since"),
}
HIDDEN: dict[type[Model], tuple[str, ...]] = {ApiToken: ("digest",)}

for model in apps.get_app_config("dashboard").get_models():
    columns = COLUMNS.get(model, ("__str__",))
    options: dict[str, Any] = {"list_display": columns, "exclude": HIDDEN.get(model, ()), "list_select_related": True}
    admin.site.register(model, type(f"{model.__name__}LookOnly", (LookOnly,), options))
