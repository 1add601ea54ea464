"""What the nodes of a session really do. The agent writes a node's row only when it is committed, so what is planned,
running or escalated must be told from the plan, the edges, the branches and the steps; each says from which.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.ingest.perspt.vocabulary import normal

MOST_TASKS = 20_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a session's tables say. Numbers are those of rows: of two, the higher one was later."""

    status: str = ""
    plan: Any = None
    edges: Sequence[tuple[str, str]] = ()
    inserted: Sequence[str] = ()
    branches: Sequence[tuple[str, str]] = ()  # node, state; in their order
    committed: Mapping[str, str] = field(default_factory=dict)  # node, the word of its newest snapshot
    last_commit: Mapping[str, int] = field(default_factory=dict)
    last_escalation: Mapping[str, int] = field(default_factory=dict)
    last_step: Mapping[str, int] = field(default_factory=dict)
    escalated: Iterable[str] = ()  # by a report, where there are no steps


@dataclass(frozen=True, slots=True)
class NodeFact:
    """One node: its state, from where that is known, and what the plan says of it."""

    node_id: str
    state: str
    source: str
    position: int
    goal: str = ""
    node_class: str = ""


def planned_tasks(plan: Any) -> list[dict[str, Any]]:
    """The tasks of a plan that have an id; none for a plan that is not one."""
    tasks = plan.get("tasks") if isinstance(plan, dict) else None
    if not isinstance(tasks, list):
        return []
    return [task for task in tasks[:MOST_TASKS] if isinstance(task, dict) and isinstance(task.get("id"), str)]


def nodes_of(said: Evidence) -> list[NodeFact]:
    """Every node that any table knows, in the order in which it was planned or first named."""
    tasks = {task["id"]: task for task in planned_tasks(said.plan) if task["id"]}
    named = [
        *tasks,
        *(node for edge in said.edges for node in edge),
        *said.inserted,
        *(node for node, _ in said.branches),
        *said.last_step,
        *said.committed,
        *said.escalated,
    ]
    order = {node: None for node in named if node}
    branches = dict(said.branches)
    reported = set(said.escalated)
    running = normal(said.status) == "running"
    facts = []
    for position, node in enumerate(order):
        task = tasks.get(node, {})
        state, source = _state(node, said, branches, reported, running=running)
        if source == "nothing":
            source = "plan" if node in tasks else "edges"
        facts.append(
            NodeFact(node, state, source, position, _words(task.get("goal")), _words(task.get("node_class"))[:200])
        )
    return facts


def source_of(said: Evidence) -> str:
    """From what the number of all nodes is known, the best first."""
    if planned_tasks(said.plan):
        return "plan"
    if said.edges:
        return "edges"
    if said.branches or said.last_step:
        return "branches and steps"
    return "committed nodes" if said.committed else "nothing"


def _state(
    node: str, said: Evidence, branches: Mapping[str, str], reported: set[str], *, running: bool
) -> tuple[str, str]:
    """The first of these that holds, from what is surest to what is only likely."""
    word = said.committed.get(node)
    branch = branches.get(node, "").lower()
    at_work = running and node in said.last_step and branch != "flushed"
    told = (
        (said.last_escalation.get(node, 0) > said.last_commit.get(node, 0), "escalated", "steps"),
        (word is not None, normal(word or ""), "node_states"),
        (node in said.last_commit, "completed", "steps"),
        (branch == "active" and running, "running", "branches"),
        (node in reported, "escalated", "escalations"),
        (branch == "merged", "completed", "branches"),
        (at_work, "running", "steps"),
    )
    return next(((state, source) for holds, state, source in told if holds), ("queued", "nothing"))


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""
