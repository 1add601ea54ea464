"""What may happen, as typed, frozen variants in one table. Pure Python: no database, no clock, no sockets.

Names and fields are hyperhive's unified event channel; what this console adds is never a rename, so a hyperhive client
can read the feed. All times are integer unix seconds (UTC). `docs/events.md` documents each kind; a test compares.
"""

from dashboard.events.base import DashboardEvent
from dashboard.events.queue import ApprovalAdded, ApprovalResolved, QuestionAdded, QuestionResolved
from dashboard.events.roster import (
    AgentChanged,
    AgentRemoved,
    SessionChanged,
    TombstonesChanged,
    TransientCleared,
    TransientSet,
    TurnEnded,
    TurnStarted,
)
from dashboard.events.traffic import (
    CommandIssued,
    CommandResolved,
    Delivered,
    NodeChanged,
    Note,
    ReminderAdded,
    ReminderResolved,
    Sent,
    TargetChanged,
    TargetRemoved,
)

EVENT_KINDS: dict[str, type[DashboardEvent]] = {
    event.kind: event
    for event in (
        Sent,
        Delivered,
        ApprovalAdded,
        ApprovalResolved,
        QuestionAdded,
        QuestionResolved,
        TransientSet,
        TransientCleared,
        AgentChanged,
        AgentRemoved,
        TombstonesChanged,
        SessionChanged,
        NodeChanged,
        TurnStarted,
        TurnEnded,
        ReminderAdded,
        ReminderResolved,
        CommandIssued,
        CommandResolved,
        TargetChanged,
        TargetRemoved,
        Note,
    )
}

__all__ = [
    "EVENT_KINDS",
    "AgentChanged",
    "AgentRemoved",
    "ApprovalAdded",
    "ApprovalResolved",
    "CommandIssued",
    "CommandResolved",
    "DashboardEvent",
    "Delivered",
    "NodeChanged",
    "Note",
    "QuestionAdded",
    "QuestionResolved",
    "ReminderAdded",
    "ReminderResolved",
    "Sent",
    "SessionChanged",
    "TargetChanged",
    "TargetRemoved",
    "TombstonesChanged",
    "TransientCleared",
    "TransientSet",
    "TurnEnded",
    "TurnStarted",
]
