"""What is kept with a run so that no page scans: its nodes as they are now, its totals, its last activity."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import Max

from dashboard.events import DashboardEvent, NodeChanged
from dashboard.ingest.perspt import progress, values
from dashboard.models import Branch, Edge, EnergySample, LlmRequest, Node, NodeState, Run, RunRecord, StepRecord
from dashboard.selectors.rows import unix

MOST_EVENTS = 200
"""More changed nodes than these at once are told by one event of their session."""
SHOWN = ("state", "raw_state", "state_source", "v_total", "attempts", "last_error")
KEPT = (
    *SHOWN,
    *("node_class", "owner_plugin", "goal", "parent_id", "children"),
    *("committed_at", "changed_at", "first_seen_at", "position"),
)


def derive(run: Run) -> list[DashboardEvent]:
    """Bring the nodes and counts of a run up to its rows; return the events of the nodes that changed."""
    said = evidence(run)
    newest = _newest_states(run)
    known = {node.node_id: node for node in run.nodes.all()}
    made: list[Node] = []
    moved: list[Node] = []
    told: list[Node] = []
    counts: Counter[str] = Counter()
    for fact in progress.nodes_of(said):
        counts[fact.state] += 1
        node = known.get(fact.node_id) or Node(run=run, node_id=fact.node_id)
        before, shown = _values(node, KEPT), _values(node, SHOWN)
        _fill(node, fact, newest.get(fact.node_id))
        if node.pk is None:
            made.append(node)
            told.append(node)
        elif _values(node, KEPT) != before:
            moved.append(node)
            told += [node] if _values(node, SHOWN) != shown else []
    Node.objects.bulk_create(made, batch_size=500)
    Node.objects.bulk_update(moved, KEPT, batch_size=100)
    run.nodes_total = counts.total()
    for state in ("completed", "running", "failed", "escalated", "queued"):
        setattr(run, f"nodes_{state}", counts[state])
    run.progress_source = progress.source_of(said)
    run.last_activity_at = last_activity(run)
    run.save()
    return _events(run, told) if 0 < len(told) <= MOST_EVENTS else []


def evidence(run: Run) -> progress.Evidence:
    plan = RunRecord.objects.filter(run=run, kind="plan_revisions").order_by("-at", "-id").first()
    records = RunRecord.objects.filter(run=run)
    rewrites = records.filter(kind="rewrite_records").order_by("row_id").values_list("data", flat=True)
    steps = StepRecord.objects.filter(run=run)

    def last(rows: Any) -> dict[str, int]:
        return dict(rows.order_by().values_list("node_id").annotate(last=Max("row_id")).order_by("last"))

    return progress.Evidence(
        status=run.status,
        plan=plan.data.get("plan_json") if plan else None,
        edges=list(Edge.objects.filter(run=run).order_by("row_id").values_list("parent_node_id", "child_node_id")),
        inserted=[node for data in rewrites for node in _names(data.get("inserted_nodes"))],
        branches=list(Branch.objects.filter(run=run).order_by("row_id").values_list("node_id", "state")),
        committed={node: state.state for node, state in _newest_states(run).items()},
        last_commit=last(steps.filter(step="commit")),
        last_escalation=last(steps.filter(step="converge", outcome="escalated")),
        last_step=last(steps),
        escalated=list(records.filter(kind="escalation_reports").order_by("row_id").values_list("node_id", flat=True)),
    )


def last_activity(run: Run) -> datetime | None:
    """The newest moment of any of its tables: `updated_at` of a session is no heartbeat."""
    moments = [run.started_at, Branch.objects.filter(run=run).aggregate(last=Max("updated_at"))["last"]]
    moments += [
        model._default_manager.filter(run=run).aggregate(last=Max("at"))["last"]  # noqa: SLF001  `objects`, for any model
        for model in (LlmRequest, EnergySample, StepRecord, NodeState)
    ]
    return max((moment for moment in moments if moment), default=None)


def _newest_states(run: Run) -> dict[str, NodeState]:
    numbers = NodeState.objects.filter(run=run).order_by().values("node_id").annotate(last=Max("row_id"))
    newest = NodeState.objects.filter(run=run, row_id__in=numbers.values("last"))
    return {state.node_id: state for state in newest.order_by("row_id")}


def _fill(node: Node, fact: progress.NodeFact, snapshot: NodeState | None) -> None:
    node.state, node.state_source, node.position = fact.state, fact.source, fact.position
    node.goal, node.node_class = fact.goal, fact.node_class
    if snapshot is None:
        return
    data = snapshot.data
    node.raw_state, node.v_total, node.attempts = snapshot.state, snapshot.v_total, snapshot.attempts
    node.goal = values.text(data.get("goal")) or fact.goal
    node.node_class = (values.text(data.get("node_class")) or fact.node_class)[:200]
    node.owner_plugin = values.text(data.get("owner_plugin"))[:200]
    node.parent_id = values.text(data.get("parent_id"))[:500]
    node.children = _names(data.get("children"))
    node.last_error = values.text(data.get("last_error_type"))
    node.committed_at = values.stamp(data.get("committed_at"))
    node.first_seen_at = node.first_seen_at or snapshot.at
    node.changed_at = snapshot.at


def _events(run: Run, nodes: list[Node]) -> list[DashboardEvent]:
    at = unix(run.last_activity_at) or 0
    return [
        NodeChanged(
            at=at,
            agent=run.session.agent.name,
            session=run.session.external_id,
            node={
                "node_id": node.node_id,
                "state": node.state,
                "state_source": node.state_source,
                "v_total": node.v_total,
                "attempts": node.attempts,
            },
        )
        for node in nodes
    ]


def _values(node: Node, names: tuple[str, ...]) -> list[Any]:
    return [getattr(node, name) for name in names]


def _names(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
