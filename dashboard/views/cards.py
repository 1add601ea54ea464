"""Asks as a card shows them: in words, with their evidence, and with what happens if nobody answers."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dashboard.enums import Door, OnDeadline, Risk
from dashboard.ingest.claude import describe_suggestions
from dashboard.ingest.diff import Files, read_diff
from dashboard.ingest.text import one_line, visible
from dashboard.models import Approval, Question
from dashboard.services.bulk import may_go_together

PHRASES = {
    "command": "run a command",
    "edit": "change a file",
    "fetch": "fetch a page",
    "plan": "start on its plan",
    "apply_commit": "apply a commit",
    "spawn": "start an agent",
}
PAST = {
    "pending": "needs", "approved": "fine", "answered": "fine", "denied": "broken", "failed": "broken",
    "expired": "unknown", "cancelled": "superseded", "withdrawn": "superseded",
}  # fmt: skip
MOVED = {
    "approval_kind": "kind", "description": "words", "command": "command", "cwd": "folder", "diff": "diff",
    "commit_ref": "commit", "tool_input": "input of the tool",
}  # fmt: skip
TOLD = {
    "command": {"command", "description"},
    "edit": {"file_path", "notebook_path", "old_string", "new_string", "content", "edits", "new_source"},
    "fetch": {"url", "prompt"},
    "plan": {"plan"},
}
CARD_LINES, CARD_TEXT = 400, 6_000
PAGE_LINES, PAGE_TEXT = 2_000, 200_000


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that the asker changed while its request waited."""

    name: str
    before: str
    after: str


def mark_of(status: str) -> str:
    return PAST.get(status, "unknown")


class Card:
    """What approvals and questions have in common on the page."""

    template = ""
    noun = ""

    def __init__(self, ask: Approval | Question) -> None:
        self.ask = ask

    @property
    def anchor(self) -> str:
        return f"{self.noun}-{self.ask.pk}"

    @property
    def ident(self) -> str:
        return f"#{self.ask.pk}"

    @property
    def who(self) -> str:
        return self.ask.agent.name

    @property
    def mark(self) -> str:
        """The mark of its state; a status that we do not know is shown as unknown."""
        return mark_of(self.ask.status)

    @property
    def alone(self) -> str:
        """Why it is not decided together with others; empty if it may be."""
        return "a question is answered by itself"

    @property
    def runtime(self) -> str:
        agent = self.ask.agent
        return visible(" · ".join(filter(None, (RUNTIMES.get(agent.runtime, agent.runtime), agent.host))), keep="")

    @property
    def by_hook(self) -> bool:
        return self.ask.door == Door.HOOK


RUNTIMES = {"claude": "Claude Code", "codex": "Codex"}


class ApprovalCard(Card):
    """A request for a yes or no. `whole` shows everything; a card in the queue says what does not fit."""

    template = "dashboard/queue/_ask.html"
    noun = "ask"
    ask: Approval

    def __init__(self, approval: Approval, *, whole: bool = False, brief: bool = False) -> None:
        super().__init__(approval)
        self.brief = brief  # far down a long queue: without the diff, which its own page shows
        self.lines, self.text = (PAGE_LINES, PAGE_TEXT) if whole else (CARD_LINES, CARD_TEXT)

    @property
    def phrase(self) -> str:
        """What it wants to do: `run a command`."""
        kind = self.ask.approval_kind
        if kind in ("tool", "mcp_tool"):
            return f"use {one_line(self.ask.tool_name, 60)}"
        return PHRASES.get(kind) or one_line(kind.replace("_", " "), 60)

    @cached_property
    def gist(self) -> str:
        """The one line that tells this ask from others."""
        if self.ask.command:
            return one_line(self.ask.command, 160)
        if self.ask.commit_ref:
            return one_line(self.ask.commit_ref, 160)
        path = next(iter(self.files), None) if self.files else None
        return one_line((path and path.path) or self.ask.description, 160)

    @property
    def in_own_words(self) -> str:
        """A sentence of the agent about its request, as against text that is the request itself."""
        own = self.ask.approval_kind == "command" or not self.by_hook
        return visible(self.ask.description, limit=self.text) if own else ""

    @property
    def told(self) -> str:
        """The request itself where it is neither command nor diff: a plan, an address, the input of a tool."""
        if self.in_own_words or (self.ask.diff and self.by_hook):
            return ""
        return visible(self.ask.description, limit=self.text)

    @property
    def command(self) -> str:
        return visible(self.ask.command, limit=self.text)

    @property
    def folder(self) -> str:
        return visible(self.ask.cwd, keep="")

    @cached_property
    def files(self) -> Files | None:
        return read_diff(self.ask.diff, limit=self.lines) if self.ask.diff and not self.brief else None

    @cached_property
    def extras(self) -> str:
        """What the tool is given besides what the card shows already."""
        given = self.ask.tool_input
        if isinstance(given, dict):
            if self.ask.approval_kind in ("tool", "mcp_tool") and self.by_hook:
                return ""
            given = {key: value for key, value in given.items() if key not in TOLD.get(self.ask.approval_kind, set())}
        return visible(_listed(given), limit=self.text) if given else ""

    @property
    def cut(self) -> bool:
        """Whether something did not fit, so that this card is not the place to decide."""
        if self.brief and self.ask.diff:
            return True
        texts = (self.ask.command, self.ask.description, self.extras)
        return any(len(text) > self.text for text in texts) or bool(self.files and self.files.more)

    @property
    def twice(self) -> bool:
        return Risk(self.ask.risk).asks_twice

    @property
    def alone(self) -> str:
        if not may_go_together(self.ask.risk):
            return f"{self.ask.risk} risk is decided by itself"
        return "more than fits here: open it in full to decide" if self.cut else ""

    @property
    def silence(self) -> str:
        """What happens when nobody answers, in a word."""
        if self.ask.on_deadline == OnDeadline.DENY:
            return "deny"
        return "terminal" if self.by_hook else "expire"

    @property
    def silence_sentence(self) -> str:
        if self.ask.on_deadline == OnDeadline.DENY:
            return "then it is denied"
        if self.by_hook:
            return "then no decision is sent and only its terminal can answer"
        return "then it expires without a decision"

    @property
    def blind_spot(self) -> bool:
        """Whether the agent's terminal could be answered without our hearing of it."""
        return self.ask.pending and self.by_hook and not self.ask.gate

    @cached_property
    def session_rules(self) -> list[str]:
        """What "allow for this session" would allow, as the agent offered it."""
        return [visible(rule, keep="") for rule in describe_suggestions(self.ask.suggestions)]

    @cached_property
    def moves(self) -> list[Move]:
        """What changed while it waited; the newest change only."""
        before = self.ask.previous or {}
        return [
            Move(word, _shown(before.get(name)), _shown(getattr(self.ask, name)))
            for name, word in MOVED.items()
            if name in before and (before.get(name) or None) != (getattr(self.ask, name) or None)
        ]


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a question; `label` is what is sent back, `shown` the same without hidden characters."""

    label: str
    shown: str
    description: str
    default: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class PartView:
    """One question of a set, with what was chosen or typed when the form came back."""

    number: int
    question: str
    header: str
    multi: bool
    choices: list[Choice]
    own: str


class QuestionCard(Card):
    """Something an agent wants to know."""

    template = "dashboard/questions/_ask.html"
    noun = "question"
    ask: Question

    def __init__(self, question: Question, given: dict[int, tuple[list[str], str]] | None = None) -> None:
        super().__init__(question)
        self.given = given or {}

    @property
    def phrase(self) -> str:
        return "asks"

    @property
    def gist(self) -> str:
        return one_line(self.ask.question, 160)

    @cached_property
    def parts(self) -> list[PartView]:
        return [self._part(number, part) for number, part in enumerate(self.ask.parts)]

    def _part(self, number: int, part: dict[str, Any]) -> PartView:
        chosen, own = self.given.get(number, ([], ""))
        choices = [
            Choice(
                option["label"],
                visible(option["label"], keep=""),
                visible(option.get("description") or ""),
                default=option["label"] == self.ask.default_answer,
                chosen=option["label"] in chosen,
            )
            for option in part["options"]
        ]
        return PartView(number, visible(part["question"]), visible(part["header"]), part["multi"], choices, own)

    @property
    def answerable(self) -> bool:
        return self.ask.pending and not self.ask.in_terminal

    @property
    def silence(self) -> str:
        return "default" if self.ask.default_answer else "expire"

    @property
    def silence_sentence(self) -> str:
        if self.ask.default_answer:
            return "then the default is taken"
        return "then no decision is sent" if self.by_hook else "then it hears that nobody answered"

    @cached_property
    def moves(self) -> list[Move]:
        before = self.ask.previous or {}
        pairs = (("question", "question"), ("parts", "options"))
        return [
            Move(word, _shown(before.get(name)), _shown(getattr(self.ask, name)))
            for name, word in pairs
            if name in before and before[name] != getattr(self.ask, name)
        ]


def card_of(ask: Approval | Question, *, whole: bool = False, brief: bool = False) -> ApprovalCard | QuestionCard:
    return QuestionCard(ask) if isinstance(ask, Question) else ApprovalCard(ask, whole=whole, brief=brief)


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


def _listed(value: Any) -> str:
    """An object line by line, its values as they are sent."""
    if not isinstance(value, dict):
        return _json(value)
    return "\n".join(f"{key}: {json.dumps(item, ensure_ascii=False)}" for key, item in sorted(value.items()))


def _shown(value: Any) -> str:
    return visible(_json(value), limit=CARD_TEXT) if value else "nothing"
