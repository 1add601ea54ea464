"""What the pages of a perspt session say and draw: the frame around each tab, budgets, small charts, bars of steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboard.ingest.perspt.names import friendly_name
from dashboard.models import Budget, EnergySample, Run, StepRecord
from dashboard.selectors import runs, runs_energy
from dashboard.selectors.runs_records import DECISIONS
from dashboard.templatetags.console import session_url

WIDTH, HEIGHT, LEFT, FLOOR = 370.0, 100.0, 26.0, 84.0
STEP_MARKS = {"ok": "fine", "escalated": "needs", "failed": "broken"}
STATUS_MARKS = {
    "running": "busy",
    "completed": "fine",
    "failed": "broken",
    "aborted": "broken",
    "partial": "paused",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A budget: what was used of what may be used; no limit has no bar."""

    name: str
    share: float | None
    words: str

    @property
    def over(self) -> bool:
        return self.share is not None and self.share >= 90


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle of a small chart; series 1 to 5 as everywhere."""

    series: int
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Multiple:
    """A node's small chart; all of a page share one scale."""

    course: runs_energy.Course
    pieces: list[Piece]
    line: str
    current: bool
    link: str

    @property
    def mark(self) -> str:
        verdict = self.course.verdict
        if verdict.worry:
            return "needs"
        return {"stable": "fine", "falling": "busy"}.get(verdict.word, "unknown")


@dataclass(frozen=True, slots=True)
class StepBar:
    """A step on the common axis, in hundredths of it."""

    step: StepRecord
    mark: str
    x: str
    width: str


def frame(run: Run, tab: str, query: Mapping[str, str]) -> dict[str, Any]:
    """What stands around every tab."""
    base = session_url(run.session.external_id)
    counted = runs.counts(run, tuple(DECISIONS))
    tabs = (
        ("summary", "Summary", "", None),
        ("dag", "Graph", "dag/", run.nodes_total),
        ("energy", "Energy", "energy/", run.energy_count),
        ("llm", "LLM", "llm/", run.llm_calls),
        ("sandbox", "Sandbox", "sandbox/", counted.branches),
        ("decisions", "Decisions", "decisions/", counted.decisions),
        ("timeline", "Timeline", "timeline/", counted.steps),
    )
    status = run.status.lower()
    mark, word = STATUS_MARKS.get(status, "unknown"), status or "unknown"
    if run.session.silent and mark == "busy":
        mark, word = "unknown", "silent"
    return {
        "run": run,
        "session": run.session,
        "name": friendly_name(run.session.external_id),
        "mark": mark,
        "word": word,
        "tabs": [(key, name, f"{base}{path}", count, key == tab) for key, name, path, count in tabs],
        "tab": tab,
        "base": base,
        "path": "" if tab == "summary" else f"{tab}/",
        "store": run.store,
        "took": runs.span(run.started_at, run.last_activity_at),
        "progress": progress(run),
        "section": "sessions",
        "query_source": query.get("source", ""),
    }


def progress(run: Run) -> list[tuple[str, str, int, str, str]]:
    """Parts of the progress bar: word, mark, number, where it starts and how wide it is, in hundredths."""
    numbers = (
        ("completed", "fine", run.nodes_completed),
        ("running", "busy", run.nodes_running),
        ("escalated", "needs", run.nodes_escalated),
        ("failed", "broken", run.nodes_failed),
        ("queued", "queued", run.nodes_queued),
    )
    whole = sum(number for _, _, number in numbers)
    parts, at = [], 0.0
    for word, mark, number in numbers:
        if number:
            width = 100 * number / whole
            parts.append((word, mark, number, f"{at:.2f}", f"{max(width - 0.4, 0.2):.2f}"))
            at += width
    return parts


def track(budget: Budget | None) -> list[Bar]:
    """The budget's bars; a cost is perspt's own flat guess."""
    if budget is None:
        return []
    return [
        _bar("Steps", budget.steps_used, budget.max_steps, "{:,.0f}"),
        _bar("Revisions", budget.revisions_used, budget.max_revisions, "{:,.0f}"),
        _bar("Cost", budget.cost_used_usd, budget.max_cost_usd, "${:,.2f}", "~"),
    ]


def multiples(found: runs_energy.Overview, chosen: str) -> list[Multiple]:
    """Small charts of all courses on one scale."""
    top = found.highest or 1.0
    return [_multiple(course, top, course.node_id == chosen) for course in found.courses]


def step_bars(rows: list[StepRecord]) -> list[StepBar]:
    """Steps of this page on one axis, from the start of the first to the end of the last."""
    ends = [row.at.timestamp() for row in rows if row.at]
    starts = [row.at.timestamp() - (row.duration_ms or 0) / 1000 for row in rows if row.at]
    low, whole = (min(starts), max(max(ends) - min(starts), 0.001)) if ends else (0.0, 1.0)
    return [_step_bar(row, low, whole) for row in rows]


def _step_bar(row: StepRecord, low: float, whole: float) -> StepBar:
    mark = STEP_MARKS.get(row.outcome.lower(), "unknown")
    if row.at is None:
        return StepBar(row, mark, "0", "0")
    seconds = (row.duration_ms or 0) / 1000
    width = max(100 * seconds / whole, 0.4)
    x = 100 * (row.at.timestamp() - seconds - low) / whole
    return StepBar(row, mark, f"{min(x, 99.6):.2f}", f"{width:.2f}")


def _bar(name: str, used: float, most: float | None, form: str, sign: str = "") -> Bar:
    words = sign + form.format(used)
    if most is None:
        return Bar(name, None, f"{words}, no limit")
    share = min(100.0, 100 * used / most) if most > 0 else 100.0
    return Bar(name, share, f"{words} of {form.format(most)}")


def _multiple(course: runs_energy.Course, top: float, current: bool) -> Multiple:  # noqa: FBT001
    step = (WIDTH - LEFT) / max(len(course.samples), 5)
    pieces: list[Piece] = []
    line: list[str] = []
    for number, sample in enumerate(course.samples):
        x = LEFT + number * step + step * 0.12
        pieces += _pieces(sample, x, step * 0.76, top)
        if sample.v_total is not None:
            y = FLOOR - (FLOOR - 6) * sample.v_total / top
            line.append(f"{'L' if line else 'M'}{x + step * 0.38:.1f} {y:.1f}")
    link = "?" + urlencode({"node": course.node_id})
    return Multiple(course, pieces, "".join(line), current, link)


def _pieces(sample: EnergySample, x: float, width: float, top: float) -> list[Piece]:
    found, floor = [], FLOOR
    for series, name in enumerate(runs_energy.PARTS, start=1):
        value = getattr(sample, name) or 0.0
        height = (FLOOR - 6) * value / top
        if height > 0.05:
            floor -= height
            found.append(Piece(series, f"{x:.1f}", f"{floor:.1f}", f"{width:.1f}", f"{height:.1f}"))
    return found
