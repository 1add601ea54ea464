"""The nouns in the admin: what is listed of each, how it is narrowed down, what may be ordered, where it is shown."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.contrib import admin
from django.urls import reverse

from dashboard.admin.looking import LookOnly, is_set, of_words
from dashboard.admin.ordering import Order, with_reason
from dashboard.enums import (
    ActivityState,
    ApprovalStatus,
    CommandStatus,
    Door,
    QuestionStatus,
    ReminderStatus,
    Risk,
    Source,
    TransientOutcome,
)
from dashboard.events import EVENT_KINDS
from dashboard.models import (
    Agent,
    AgentSession,
    ApiToken,
    Approval,
    Command,
    Decision,
    Delivery,
    Event,
    Lease,
    Message,
    Question,
    Refusal,
    Reminder,
    Throttle,
    Transient,
)
from dashboard.services.approvals import resolve_approval
from dashboard.services.questions import cancel_question
from dashboard.services.reminders import cancel_reminder
from dashboard.services.roster import remove_agent
from dashboard.services.tokens import revoke_token


def _digest(row: Approval) -> str:
    return row.digest


def _needs_a_look(row: Approval, of: int) -> str:
    """Why an approval cannot be one of many: what is risky, or not understood, is read alone."""
    risky = Risk.known(row.risk) in (Risk.HIGH, Risk.CRITICAL, Risk.UNKNOWN, None)
    return f"its risk is {row.risk}: approve it alone" if of > 1 and risky else ""


def _approve(order: Order) -> None:
    resolve_approval(order.row.pk, status="approved", digest=order.shown, by=order.by, note=order.reason, now=order.now)


def _deny(order: Order) -> None:
    resolve_approval(order.row.pk, status="denied", digest=order.shown, by=order.by, note=order.reason, now=order.now)


@admin.register(Approval)
class Approvals(LookOnly):
    list_display = ("id", "agent", "approval_kind", "risk", "status", "resolved_by", "redacted", "asked_at")
    list_filter = (
        of_words("status", ApprovalStatus),
        of_words("risk", Risk),
        of_words("resolved_via", Door),
    )
    search_fields = ("agent__name", "tool_name", "resolved_by", "request_id")
    date_hierarchy = "asked_at"
    ordering = ("-id",)
    actions = (
        with_reason("approve", "approve", _approve, bound_to=_digest, unfit=_needs_a_look),
        with_reason("deny", "deny", _deny, bound_to=_digest),
    )

    def view_on_site(self, row: Approval) -> str:
        return reverse("dashboard:queue-item", args=[row.pk])


@admin.register(Question)
class Questions(LookOnly):
    list_display = ("id", "agent", "target", "status", "resolved_by", "redacted", "asked_at")
    list_filter = (of_words("status", QuestionStatus), of_words("resolved_via", Door))
    search_fields = ("agent__name", "target", "resolved_by", "request_id")
    date_hierarchy = "asked_at"
    ordering = ("-id",)
    actions = (
        with_reason(
            "cancel",
            "cancel",
            lambda order: cancel_question(order.row.pk, by=order.by, note=order.reason, now=order.now),
        ),
    )

    def view_on_site(self, row: Question) -> str:
        return reverse("dashboard:question", args=[row.pk])


@admin.register(Agent)
class Agents(LookOnly):
    list_display = ("name", "runtime", "host", "state", "silent", "seen_by", "seen_at", "removed_at")
    list_filter = (
        of_words("state", ActivityState),
        "silent",
        "paused",
        "failed",
        "needs_login",
        is_set("removed_at", "on the roster", yes="removed", no="there"),
    )
    search_fields = ("name", "host", "runtime")
    date_hierarchy = "created_at"
    actions = (
        with_reason(
            "remove",
            "remove from the roster",
            lambda order: remove_agent(order.row.name, by=order.by, reason=order.reason, now=order.now),
        ),
    )

    def view_on_site(self, row: Agent) -> str:
        return reverse("dashboard:agent", args=[row.name])


@admin.register(AgentSession)
class Sessions(LookOnly):
    list_display = ("external_id", "source", "agent", "state", "silent", "seen_at")
    list_filter = (of_words("source", Source), of_words("state", ActivityState), "silent")
    search_fields = ("agent__name", "external_id", "title")
    date_hierarchy = "seen_at"

    def view_on_site(self, row: AgentSession) -> str:
        return f"{reverse('dashboard:sessions')}{quote(row.external_id, safe='')}/?source={row.source}"


@admin.register(Command)
class Commands(LookOnly):
    list_display = ("id", "verb", "agent", "subject", "operator", "address", "status", "issued_at")
    list_filter = (of_words("status", CommandStatus),)
    search_fields = ("verb", "agent__name", "subject", "operator")
    date_hierarchy = "issued_at"


@admin.register(Decision)
class Decisions(LookOnly):
    list_display = ("id", "kind", "agent", "status", "risk", "resolved_by", "resolved_via")
    list_filter = (of_words("status", ApprovalStatus), of_words("risk", Risk), of_words("resolved_via", Door))
    search_fields = ("agent__name", "resolved_by")

    def view_on_site(self, row: Decision) -> str:
        if row.approval_id is not None:
            return reverse("dashboard:queue-item", args=[row.approval_id])
        return reverse("dashboard:question", args=[row.question_id])


@admin.register(Message)
class Messages(LookOnly):
    list_display = ("id", "sender", "recipient", "actor", "redacted", "sent_at")
    search_fields = ("sender", "recipient", "actor")
    date_hierarchy = "sent_at"


@admin.register(Delivery)
class Deliveries(LookOnly):
    list_display = ("id", "message", "recipient", "delivered_at")
    list_filter = (is_set("delivered_at", "read", yes="read", no="waiting"),)
    search_fields = ("recipient",)
    date_hierarchy = "delivered_at"
    ordering = ("-id",)


@admin.register(Reminder)
class Reminders(LookOnly):
    list_display = ("id", "agent", "status", "due_at", "resolved_by")
    list_filter = (of_words("status", ReminderStatus),)
    search_fields = ("agent__name",)
    date_hierarchy = "due_at"
    actions = (
        with_reason(
            "cancel",
            "cancel",
            lambda order: cancel_reminder(
                order.row.pk, by=order.by.name, actor=order.by, reason=order.reason, now=order.now
            ),
        ),
    )


@admin.register(Transient)
class Transients(LookOnly):
    list_display = ("id", "agent", "transient_kind", "outcome", "since", "ended_at")
    list_filter = (of_words("outcome", TransientOutcome),)
    search_fields = ("agent__name", "transient_kind")
    date_hierarchy = "since"


@admin.register(Event)
class Events(LookOnly):
    """The log: written by the services alone, read by everybody, changed by nobody."""

    list_display = ("seq", "kind", "agent", "peer", "ref", "moment")
    list_filter = (of_words("kind", sorted(EVENT_KINDS)),)
    search_fields = ("=agent", "=peer", "=ref")
    search_help_text = "A whole name of an agent, or what changed: approval:12"
    ordering = ("-seq",)

    @admin.display(description="at", ordering="seq")
    def moment(self, row: Event) -> datetime:
        return datetime.fromtimestamp(row.at, UTC)


@admin.register(ApiToken)
class Tokens(LookOnly):
    list_display = ("id", "name", "prefix", "host", "created_by", "created_at", "last_used_at", "revoked_at")
    list_filter = (is_set("revoked_at", "revoked", yes="revoked", no="in use"),)
    search_fields = ("name", "prefix", "host", "created_by")
    date_hierarchy = "created_at"
    exclude = ("digest",)
    actions = (
        with_reason(
            "revoke",
            "revoke",
            lambda order: revoke_token(order.row.pk, by=order.by, reason=order.reason, now=order.now),
        ),
    )

    def view_on_site(self, row: ApiToken) -> str:
        return reverse("dashboard:token", args=[row.pk])


@admin.register(Refusal)
class Refusals(LookOnly):
    list_display = ("last_at", "door", "reason", "address", "about", "count")
    search_fields = ("address", "about", "reason", "door")
    date_hierarchy = "hour"

    def view_on_site(self, row: Refusal) -> Any:  # noqa: ARG002
        return f"{reverse('dashboard:tokens')}#attempts"


@admin.register(Lease)
class Leases(LookOnly):
    list_display = ("name", "owner", "expires_at")
    search_fields = ("name", "owner")


@admin.register(Throttle)
class Throttles(LookOnly):
    list_display = ("key", "count", "since")
    search_fields = ("key",)
