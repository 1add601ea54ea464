"""Approvals and questions: what waits for a person, and how it ended."""

from dataclasses import dataclass

from dashboard.events.base import DashboardEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAdded(DashboardEvent):
    """A request waits; or one that waits has changed, then `supersedes` is the digest it had before."""

    kind = "approval_added"
    about = ("agent",)
    key = ("approval", "id")

    id: int
    agent: str
    approval_kind: str
    sha_short: str | None = None
    diff: str | None = None
    description: str | None = None
    requested_at: int
    digest: str
    risk: str
    deadline_at: int | None = None
    supersedes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalResolved(DashboardEvent):
    """A request reached its end; `actor` is who or what ended it."""

    kind = "approval_resolved"
    about = ("agent",)
    key = ("approval", "id")

    id: int
    agent: str
    approval_kind: str
    sha_short: str | None = None
    status: str
    resolved_at: int
    note: str | None = None
    description: str | None = None
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAdded(DashboardEvent):
    """An agent asks; `target` null means the operator."""

    kind = "question_added"
    about = ("asker", "target")
    key = ("question", "id")

    id: int
    asker: str
    question: str
    options: list[str]
    multi: bool
    asked_at: int
    deadline_at: int | None = None
    target: str | None = None
    supersedes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResolved(DashboardEvent):
    """A question was answered, cancelled or ran out of time."""

    kind = "question_resolved"
    about = ("asker", "target")
    key = ("question", "id")

    id: int
    asker: str
    answer: str
    answerer: str
    answered_at: int
    cancelled: bool
    target: str | None = None
    actor: str
