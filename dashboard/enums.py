"""Words shared by models, events and templates. Pure Python: whoever needs a word need not know the database.

A status or kind from outside is kept as it came; `known()` tells whether we know it. What we do not know is shown as
unknown and never treated as pending or allowed.
"""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A closed list of words that are stored and sent as they are."""

    @classmethod
    def known(cls, word: str) -> Self | None:
        return cls(word) if word in cls._value2member_map_ else None

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        return [(member.value, member.value.replace("_", " ")) for member in cls]


class ApprovalStatus(Word):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    FAILED = "failed"
    CANCELLED = "cancelled"  # the asker took it back
    EXPIRED = "expired"  # nobody answered in time
    WITHDRAWN = "withdrawn"  # answered elsewhere, or the asker went away


class QuestionStatus(Word):
    PENDING = "pending"
    ANSWERED = "answered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class OnDeadline(Word):
    """What silence means. There is no `approve`: nothing is ever allowed by silence."""

    EXPIRE = "expire"
    DENY = "deny"


class Risk(Word):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """Order in the queue; what is unknown sorts with medium."""
        return {"low": 1, "medium": 2, "unknown": 2, "high": 3, "critical": 4}[self.value]

    @property
    def asks_twice(self) -> bool:
        return self in (Risk.HIGH, Risk.CRITICAL)


class Source(Word):
    """Where a session comes from."""

    PERSPT = "perspt"
    CLAUDE = "claude"
    CODEX = "codex"
    DUCTOR = "ductor"
    HYPERHIVE = "hyperhive"
    API = "api"


class ActivityState(Word):
    """What an agent or a session was last known to do. `unknown` is an honest answer."""

    STARTING = "starting"
    WORKING = "working"
    WAITING = "waiting"  # for a person, or for something in the background
    IDLE = "idle"
    ENDED = "ended"
    UNKNOWN = "unknown"


class CommandStatus(Word):
    ISSUED = "issued"
    DONE = "done"
    FAILED = "failed"


class ReminderStatus(Word):
    PENDING = "pending"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class TransientKind(Word):
    """hyperhive's lifecycle actions; another word from outside is kept and shown as it is."""

    SPAWNING = "spawning"
    STARTING = "starting"
    STOPPING = "stopping"
    RESTARTING = "restarting"
    REBUILDING = "rebuilding"
    DESTROYING = "destroying"


class TransientOutcome(Word):
    OK = "ok"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class Door(Word):
    """By which way a decision came in."""

    WEB = "web"
    API = "api"
    HOOK = "hook"
    DEADLINE = "deadline"
    TERMINAL = "terminal"
    COMMAND_LINE = "command line"
    CONSOLE = "console"  # the console itself, such as after a restart


class Scope(Word):
    """What a token may do; none of them resolves, answers for the operator or reads another agent's inbox."""

    ASK = "ask"
    READ = "read"
    REPORT = "report"
    RUN = "run"
    OBSERVE = "observe"


DEFAULT_SCOPES = (Scope.ASK, Scope.READ, Scope.REPORT)


class Role(Word):
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


OPERATOR = "operator"
SYSTEM = "system"
EVERYONE = "*"
AGENT_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
