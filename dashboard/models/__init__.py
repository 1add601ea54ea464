"""The nouns: what is kept, and what the database refuses to keep.

Rows are written by `dashboard.services` alone and read for pages, API and sockets by `dashboard.selectors` alone.
"""

from dashboard.models.access import ApiToken, Refusal, Throttle
from dashboard.models.history import Decision
from dashboard.models.log import Event, Lease, LogState
from dashboard.models.orders import Command
from dashboard.models.queue import Approval, Question
from dashboard.models.roster import Agent, AgentSession
from dashboard.models.runs import (
    Branch,
    Budget,
    Edge,
    EnergySample,
    LlmRequest,
    Node,
    NodeState,
    Run,
    RunRecord,
    StepRecord,
    Store,
)
from dashboard.models.traffic import Delivery, Message, Reminder, Transient

__all__ = [
    "Agent",
    "AgentSession",
    "ApiToken",
    "Approval",
    "Branch",
    "Budget",
    "Command",
    "Decision",
    "Delivery",
    "Edge",
    "EnergySample",
    "Event",
    "Lease",
    "LlmRequest",
    "LogState",
    "Message",
    "Node",
    "NodeState",
    "Question",
    "Refusal",
    "Reminder",
    "Run",
    "RunRecord",
    "StepRecord",
    "Store",
    "Throttle",
    "Transient",
]
