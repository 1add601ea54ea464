"""Agents, their sessions and turns, and the lifecycle actions under way."""

from dataclasses import dataclass

from dashboard.events.base import DashboardEvent, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class TransientSet(DashboardEvent):
    """A lifecycle action started; clients tick the seconds from `since_unix` themselves."""

    kind = "transient_set"
    about = ("name",)

    name: str
    transient_kind: str
    since_unix: int
    actor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransientCleared(DashboardEvent):
    """A lifecycle action ended; `outcome` is ok, failed or superseded."""

    kind = "transient_cleared"
    about = ("name",)

    name: str
    outcome: str
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChanged(DashboardEvent):
    """The whole roster row of an agent whose state, text, model or flags changed."""

    kind = "agent_changed"
    about = ("name",)

    name: str
    agent: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRemoved(DashboardEvent):
    """An agent left the roster."""

    kind = "agent_removed"
    about = ("name",)

    name: str
    actor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TombstonesChanged(DashboardEvent):
    """The whole list of destroyed agents whose state is kept; lists are tiny."""

    kind = "tombstones_changed"

    tombstones: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChanged(DashboardEvent):
    """The summary row of a session that appeared, changed or ended."""

    kind = "session_changed"
    about = ("agent",)

    agent: str
    session: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted(DashboardEvent):
    """One wake began one run."""

    kind = "turn_started"
    about = ("agent",)

    agent: str
    session: str | None = None
    wake_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded(DashboardEvent):
    """A run ended; `result_kind` says how."""

    kind = "turn_ended"
    about = ("agent",)

    agent: str
    session: str | None = None
    result_kind: str
    duration_ms: int | None = None
