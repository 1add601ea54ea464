"""What can happen in the demo, as data. `ago` is how many seconds before now it happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    ago: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook(Step):
    """A Claude Code hook event from `host`; `key` names what it asks, `gate` holds calls before they run."""

    host: str
    payload: Mapping[str, Any]
    key: str = ""
    gate: bool = False
    hold: float = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Step):
    """An agent tells by the API what it does."""

    agent: str
    changes: Mapping[str, Any]
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Step):
    """An agent asks for approval by the API; `given` are fields of the draft."""

    key: str
    agent: str
    given: Mapping[str, Any]
    session: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide(Step):
    key: str
    by: str
    status: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack(Step):
    """The asker cancels, or says that what was approved failed."""

    key: str
    status: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wonder(Step):
    """An agent asks a question; each part is its text, its options and whether several may be chosen."""

    key: str
    agent: str
    parts: tuple[tuple[str, tuple[tuple[str, str], ...], bool], ...]
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Step):
    """Answers in the order of the parts; without `by` the agent that was asked answers."""

    key: str
    answers: tuple[str, ...]
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(Step):
    """A message; from `operator` where `by` names the person."""

    to: str
    body: str
    sender: str = ""
    by: str = ""
    key: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInbox(Step):
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind(Step):
    agent: str
    text: str
    seconds: float
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget(Step):
    """A reminder is taken back."""

    key: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin(Step):
    """A lifecycle action begins."""

    agent: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End(Step):
    agent: str
    outcome: str = "ok"
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Step):
    """A person orders; the agent says `took` seconds later how it went, or never (None)."""

    agent: str
    verb: str
    reason: str
    by: str
    took: float | None = 4
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(Step):
    """What the clock does by itself: deadlines, reminders, silence."""
