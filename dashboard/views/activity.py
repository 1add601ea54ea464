"""The log as sentences: one line per event, with a mark and whom it concerns."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.ingest.text import one_line
from dashboard.models import Event
from dashboard.views.cards import PHRASES, mark_of

Frame = dict[str, Any]
LINES = 40
LENGTH = 300  # of any text in a line; nothing hides in it


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the feed; `mark` is empty for what has no state."""

    seq: int
    moment: datetime
    mark: str
    sentence: SafeString


def activity_line(event: Event) -> Line:
    """The row for an event; a kind without words of its own is named as it is."""
    told: Frame = json.loads(event.frame)
    frame = {key: one_line(value, LENGTH) if isinstance(value, str) else value for key, value in told.items()}
    tell = SENTENCES.get(event.kind, _anything)
    mark, sentence = tell(frame)
    return Line(event.seq, datetime.fromtimestamp(event.at, UTC), mark, sentence)


Told = tuple[str, SafeString]


def _short(text: object, limit: int = 100) -> str:
    return one_line(str(text or ""), limit)


def _approval_added(frame: Frame) -> Told:
    kind = frame["approval_kind"]
    phrase = PHRASES.get(kind, "use a tool" if "tool" in kind else kind.replace("_", " "))
    words = "changed its request" if frame.get("supersedes") else f"asks to {phrase}"
    link = reverse("dashboard:queue-item", args=[frame["id"]])
    return "needs", format_html('<b>{}</b> {} <a href="{}">#{}</a>', frame["agent"], words, link, frame["id"])


def _approval_resolved(frame: Frame) -> Told:
    link = reverse("dashboard:queue-item", args=[frame["id"]])
    note = f" “{_short(frame['note'])}”" if frame.get("note") else ""
    return mark_of(frame["status"]), format_html(
        '<b>{}</b> {} <a href="{}">#{}</a> of {}{}',
        frame["actor"], _past(frame["status"]), link, frame["id"], frame["agent"], note,
    )  # fmt: skip


def _past(status: str) -> str:
    return {"expired": "let expire", "withdrawn": "withdrew", "failed": "reported failed"}.get(status, status)


def _question_added(frame: Frame) -> Told:
    link = reverse("dashboard:question", args=[frame["id"]])
    whom = f" asks {frame['target']}" if frame.get("target") else " asks"
    return "needs", format_html(
        '<b>{}</b>{} <a href="{}">{}</a>', frame["asker"], whom, link, _short(frame["question"])
    )


def _question_resolved(frame: Frame) -> Told:
    link = reverse("dashboard:question", args=[frame["id"]])
    verb = "cancelled the question of" if frame["cancelled"] else "answered"
    mark = "superseded" if frame["cancelled"] else "fine"
    return mark, format_html(
        '<b>{}</b> {} <a href="{}">{}</a> “{}”',
        frame["answerer"], verb, link, frame.get("asker") or "an agent", _short(frame["answer"]),
    )  # fmt: skip


def _turn_started(frame: Frame) -> Told:
    woken = f", woken by {frame['wake_from']}" if frame.get("wake_from") else ""
    return "busy", format_html("<b>{}</b> started a turn{}", frame["agent"], woken)


def _turn_ended(frame: Frame) -> Told:
    well = frame["result_kind"] in ("ok", "success")
    return "fine" if well else "broken", format_html(
        "<b>{}</b> ended its turn: {}", frame["agent"], frame["result_kind"]
    )


def _sent(frame: Frame) -> Told:
    whom = "all" if frame["to"] == "*" else frame["to"]
    return "", format_html("<b>{}</b> → <b>{}</b> “{}”", frame["from"], whom, _short(frame["body"]))


def _agent_removed(frame: Frame) -> Told:
    return "superseded", format_html("<b>{}</b> left the roster", frame["name"])


def _transient_set(frame: Frame) -> Told:
    return "busy", format_html("<b>{}</b> {}", frame["name"], frame["transient_kind"])


def _transient_cleared(frame: Frame) -> Told:
    mark = "fine" if frame["outcome"] == "ok" else "broken"
    return mark, format_html("<b>{}</b> is through: {}", frame["name"], _short(frame.get("error") or frame["outcome"]))


def _command_issued(frame: Frame) -> Told:
    return "", format_html(
        "<b>{}</b> ordered {}{} “{}”",
        frame["actor"],
        frame["verb"],
        f" {frame['agent']}" if frame.get("agent") else "",
        _short(frame["reason"]),
    )


def _command_resolved(frame: Frame) -> Told:
    mark = "fine" if frame["outcome"] == "ok" else "broken"
    end = _short(frame.get("error")) or ("done" if mark == "fine" else "failed")
    return mark, format_html("{}{}: {}", frame["verb"], f" {frame['agent']}" if frame.get("agent") else "", end)


def _note(frame: Frame) -> Told:
    who = format_html("<b>{}</b> ", frame["agent"]) if frame.get("agent") else SafeString("")
    return "", format_html("{}{}", who, _short(frame["text"], 200))


def _anything(frame: Frame) -> Told:
    return "", format_html("{}", frame["kind"].replace("_", " "))


SENTENCES: dict[str, Callable[[Frame], Told]] = {
    "approval_added": _approval_added,
    "approval_resolved": _approval_resolved,
    "question_added": _question_added,
    "question_resolved": _question_resolved,
    "turn_started": _turn_started,
    "turn_ended": _turn_ended,
    "sent": _sent,
    "agent_removed": _agent_removed,
    "transient_set": _transient_set,
    "transient_cleared": _transient_cleared,
    "command_issued": _command_issued,
    "command_resolved": _command_resolved,
    "note": _note,
}
KINDS = frozenset(SENTENCES)
LIFECYCLE = ("turn_started", "turn_ended", "agent_removed", "transient_set", "transient_cleared", "command_issued")
SHOWN_KINDS = {
    "": KINDS,
    "decisions": frozenset(("approval_added", "approval_resolved", "question_added", "question_resolved")),
    "messages": frozenset(("sent",)),
    "lifecycle": frozenset((*LIFECYCLE, "command_resolved")),
}
