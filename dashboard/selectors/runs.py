"""A perspt session as its pages show it: found by its id, its nodes, its counts, what is wrong with its store.

No page reads more than it shows: totals are kept with the run, lists go on by key.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Case, Count, F, IntegerField, Model, Q, QuerySet, Value, When

from dashboard.models import Budget, Edge, Node, NodeState, Run, RunRecord, StepRecord

PAGE = 100
MOST = 2_000
MARKS = {
    "completed": "fine",
    "running": "busy",
    "failed": "broken",
    "aborted": "broken",
    "escalated": "needs",
    "partial": "paused",
    "queued": "queued",
    "superseded": "superseded",
}
"""The mark of each state that is told apart; any other word is unknown."""
OPEN = ("escalated", "failed", "aborted", "running", "partial", "queued")
FAILING = ("escalated", "failed", "aborted")
SHOWN = {"": None, "open": OPEN, "failing": FAILING}


T = TypeVar("T")
Key = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A part of a list, and from where the next part goes on; empty at its end."""

    rows: list[T]
    next: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the tabs of a session say beside their names."""

    branches: int
    decisions: int
    steps: int


def run_called(external_id: str) -> Run | None:
    """The perspt session with this id, if its store was read."""
    rows = Run.objects.select_related("session__agent", "store", "budget")
    return rows.filter(session__source="perspt", session__external_id=external_id).first()


def mark_of_state(state: str) -> str:
    return MARKS.get(state, "unknown")


def counts(run: Run, decisions: tuple[str, ...]) -> Counts:
    return Counts(
        branches=run.branches.count(),
        decisions=RunRecord.objects.filter(run=run, kind__in=decisions).count(),
        steps=StepRecord.objects.filter(run=run).count(),
    )


def budget_of(run: Run) -> Budget | None:
    return getattr(run, "budget", None)


def nodes(run: Run, *, show: str = "", q: str = "", after: str = "", limit: int = PAGE) -> Listed[Node]:
    """The nodes of a run, those that are open first; `after` is the `next` of the part before."""
    whens = [When(state=state, then=Value(rank)) for rank, state in enumerate(OPEN)]
    rank = Case(*whens, default=Value(len(OPEN)), output_field=IntegerField())
    rows = Node.objects.filter(run=run).annotate(rank=rank).order_by("rank", "id")
    states = SHOWN.get(show)
    if states:
        rows = rows.filter(state__in=states)
    if q:
        rows = rows.filter(Q(node_id__icontains=q) | Q(goal__icontains=q))
    place = numbers(after, 2)
    if place:
        rows = rows.filter(Q(rank__gt=place[0]) | Q(rank=place[0], id__gt=place[1]))
    found: list[Any] = list(rows[: limit + 1])
    more = len(found) > limit
    return Listed(found[:limit], f"{found[limit - 1].rank}-{found[limit - 1].pk}" if more else "")


def node_called(run: Run, node_id: str) -> Node | None:
    return Node.objects.filter(run=run, node_id=node_id).first()


def neighbours(run: Run, node_ids: list[str]) -> dict[str, tuple[list[str], list[str]]]:
    """For each of these nodes: what it waits on, and what it holds up."""
    found: dict[str, tuple[list[str], list[str]]] = {node_id: ([], []) for node_id in node_ids}
    rows = Edge.objects.filter(run=run).filter(Q(parent_node_id__in=node_ids) | Q(child_node_id__in=node_ids))
    for parent, child in rows.order_by("id").values_list("parent_node_id", "child_node_id").distinct():
        if child in found and parent not in found[child][0]:
            found[child][0].append(parent)
        if parent in found and child not in found[parent][1]:
            found[parent][1].append(child)
    return found


def graph(run: Run) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Nodes and edges to draw, without what only a list shows; an edge may name a node that has no row."""
    rows = Node.objects.filter(run=run).order_by("id").values("node_id", "state", "raw_state", "v_total", "goal")
    drawn = {
        row["node_id"]: {
            "id": row["node_id"],
            "mark": mark_of_state(row["state"]),
            "word": row["state"] or "unknown",
            "v": row["v_total"],
            "goal": row["goal"][:160],
        }
        for row in rows[:MOST]
    }
    edges: list[dict[str, str]] = []
    seen: set[tuple[str, str, str]] = set()
    for edge in run.edges.order_by("id").values_list("parent_node_id", "child_node_id", "edge_type"):
        if edge in seen or len(seen) >= 4 * MOST:
            continue
        seen.add(edge)
        edges.append({"from": edge[0], "to": edge[1], "kind": edge[2]})
        for end in edge[:2]:
            if len(drawn) < MOST:
                drawn.setdefault(end, {"id": end, "mark": "unknown", "word": "no row", "v": None, "goal": ""})
    return list(drawn.values()), edges


M = TypeVar("M", bound=Model)


def newest(rows: QuerySet[M], before: Key | None, *, limit: int = PAGE) -> tuple[list[M], bool]:
    """A part of rows with a time `at`, newest first, from a place on; and whether there are more."""
    if before:
        moment, pk = before
        rows = rows.filter(Q(at__lt=moment) | Q(at=moment, id__lt=pk) | Q(at=None))
    found = list(rows.order_by(F("at").desc(nulls_last=True), "-id")[: limit + 1])
    return found[:limit], len(found) > limit


def kinds_of(run: Run) -> dict[str, int]:
    """How many records of each kind there are."""
    return dict(RunRecord.objects.filter(run=run).values_list("kind").annotate(n=Count("id")).order_by())


def last_steps(run: Run, limit: int = 8) -> list[StepRecord]:
    return list(StepRecord.objects.filter(run=run).order_by(F("at").desc(nulls_last=True), "-id")[:limit])


def numbers(text: str, how_many: int) -> tuple[int, ...] | None:
    """`12-345` as numbers, or None for anything that is none."""
    parts = text.split("-")
    if len(parts) != how_many or not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
        return None
    return tuple(map(int, parts))


def span(first: datetime | None, last: datetime | None) -> float | None:
    return (last - first).total_seconds() if first and last else None


def states_of(run: Run, node_id: str, limit: int = 20) -> list[NodeState]:
    """What the store kept of a node's states, newest first."""
    return newest(NodeState.objects.filter(run=run, node_id=node_id), None, limit=limit)[0]


def branch_states(run: Run) -> dict[str, int]:
    return dict(run.branches.values_list("state").annotate(n=Count("id")).order_by("state"))
