"""Words in a perspt session: tasks, goals, prompts, responses, evidence; a part at a time, on every database alike."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from dashboard.models import LlmRequest, Node, Run, RunRecord
from dashboard.selectors.runs import numbers

PAGE = 25
AROUND = 90
LONGEST = 200
EVIDENCE = ("escalation_reports", "sheaf_validations", "repair_footprints", "correction_attempts", "review_outcomes")


@dataclass(frozen=True, slots=True)
class Hit:
    """Where words were found: `what` says in what, `key` where that is shown; the words with their surroundings."""

    what: str
    key: str | int
    name: str
    before: str
    found: str
    after: str


@dataclass(frozen=True, slots=True)
class Hits:
    rows: list[Hit]
    next: str = ""


def search(run: Run, words: str, after: str = "", limit: int = PAGE) -> Hits:
    """Hits in the task, then in goals, requests and evidence; `after` is the `next` of the part before."""
    words = words.replace("\0", "").strip()[:LONGEST]
    if not words:
        return Hits([])
    place = numbers(after, 2) or (0, 0)
    rows: list[tuple[int, int, Hit]] = []
    for number, source in enumerate(SOURCES):
        if number < place[0]:
            continue
        start = place[1] if number == place[0] else 0
        rows += [(number, pk, hit) for pk, hit in source(run, words, start, limit + 1 - len(rows))]
        if len(rows) > limit:
            last = rows[limit - 1]
            return Hits([hit for _, _, hit in rows[:limit]], f"{last[0]}-{last[1]}")
    return Hits([hit for _, _, hit in rows])


def excerpt(text: str, words: str) -> tuple[str, str, str] | None:
    """The first place of the words with what stands around it, or None."""
    at = text.casefold().find(words.casefold())
    if at < 0 or len(text.casefold()) != len(text):
        at = text.lower().find(words.lower())
    if at < 0:
        return None
    start, end = max(0, at - AROUND), at + len(words)
    before = ("…" if start else "") + text[start:at]
    return before, text[at:end], text[end : end + AROUND] + ("…" if len(text) > end + AROUND else "")


def _hit(what: str, key: str | int, name: str, text: str, words: str) -> Hit:
    return Hit(what, key, name, *(excerpt(text, words) or ("", "", text[: 2 * AROUND])))


def _task(run: Run, words: str, after: int, _limit: int) -> Iterator[tuple[int, Hit]]:
    if not after and excerpt(run.task, words):
        yield 1, _hit("task", "", "Task", run.task, words)


def _goals(run: Run, words: str, after: int, limit: int) -> Iterator[tuple[int, Hit]]:
    fits = Q(goal__icontains=words) | Q(node_id__icontains=words) | Q(last_error__icontains=words)
    for node in Node.objects.filter(fits, run=run, pk__gt=after).order_by("id")[: max(limit, 0)]:
        text = next((text for text in (node.goal, node.last_error) if excerpt(text, words)), node.goal)
        yield node.pk, _hit("node", node.node_id, node.node_id, text, words)


def _requests(run: Run, words: str, after: int, limit: int) -> Iterator[tuple[int, Hit]]:
    fits = Q(prompt__icontains=words) | Q(response__icontains=words)
    for request in LlmRequest.objects.filter(fits, run=run, pk__gt=after).order_by("id")[: max(limit, 0)]:
        in_prompt = excerpt(request.prompt, words)
        name, text = ("Prompt", request.prompt) if in_prompt else ("Response", request.response)
        yield request.pk, _hit("request", request.pk, f"{name}, {request.node_id or request.model}", text, words)


def _evidence(run: Run, words: str, after: int, limit: int) -> Iterator[tuple[int, Hit]]:
    rows = RunRecord.objects.filter(run=run, kind__in=EVIDENCE, pk__gt=after).annotate(text=Cast("data", TextField()))
    rows = rows.filter(Q(headline__icontains=words) | Q(text__icontains=words))
    for record in rows.order_by("id")[: max(limit, 0)]:
        text = next((text for text in (record.headline, _text(record.data)) if excerpt(text, words)), record.headline)
        yield record.pk, _hit("record", record.pk, record.node_id or record.kind, text, words)


def _text(data: Any) -> str:
    """All texts within a value, one after the other."""
    if isinstance(data, dict):
        return " · ".join(map(_text, data.values()))
    if isinstance(data, list):
        return " · ".join(map(_text, data))
    return "" if data is None else str(data)


SOURCES: tuple[Callable[[Run, str, int, int], Iterator[tuple[int, Hit]]], ...] = (_task, _goals, _requests, _evidence)
