"""Messages, reminders, orders, nodes, supervised processes, and notes about the console itself."""

from dataclasses import dataclass

from dashboard.events.base import DashboardEvent, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(DashboardEvent):
    """A message entered the broker; recipient `*` is everyone."""

    kind = "sent"
    about = ("from_", "to")

    message_id: int
    from_: str
    to: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(DashboardEvent):
    """A message was read by its recipient; `at` is the time of delivery."""

    kind = "delivered"
    about = ("from_", "to")

    message_id: int
    from_: str
    to: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeChanged(DashboardEvent):
    """A node of a task graph changed."""

    kind = "node_changed"
    about = ("agent",)

    agent: str
    session: str
    node: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderAdded(DashboardEvent):
    """An agent will be reminded at `due_at`."""

    kind = "reminder_added"
    about = ("owner",)

    id: int
    owner: str
    message: str
    due_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderResolved(DashboardEvent):
    """A reminder was delivered or cancelled."""

    kind = "reminder_resolved"
    about = ("owner",)

    id: int
    owner: str
    status: str
    actor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandIssued(DashboardEvent):
    """An operator gave an order."""

    kind = "command_issued"
    about = ("agent",)
    key = ("command", "id")

    id: int
    verb: str
    agent: str | None = None
    reason: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResolved(DashboardEvent):
    """An order was carried out or failed."""

    kind = "command_resolved"
    about = ("agent",)
    key = ("command", "id")

    id: int
    verb: str
    agent: str | None = None
    outcome: str
    error: str | None = None
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetChanged(DashboardEvent):
    """The row of a supervised process."""

    kind = "target_changed"

    target: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRemoved(DashboardEvent):
    """A supervised process went away."""

    kind = "target_removed"

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(DashboardEvent):
    """A sentence about the console itself, such as a connection that was tried out."""

    kind = "note"
    about = ("agent",)

    text: str
    agent: str | None = None
    actor: str | None = None
