"""A perspt session as rows, as large as a test wants it; every table has something."""

from datetime import UTC, datetime, timedelta

from dashboard.models import (
    Agent,
    AgentSession,
    Branch,
    Budget,
    Edge,
    EnergySample,
    LlmRequest,
    Node,
    NodeState,
    Run,
    RunRecord,
    StepRecord,
    Store,
)
from dashboard.selectors.runs_records import DECISIONS, KEPT

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STATES = ("completed", "completed", "running", "escalated", "queued", "superseded")
DATA = {
    "verification_results": {"syntax_ok": True, "build_ok": True, "tests_ok": False, "tests_failed": 2},
    "escalation_reports": {"action": {"node_split": {"proposed_children": ["a__split_0"]}}, "evidence": "<b>ack</b>"},
    "artifact_bundles": {"touched_files": ["src/a.py"], "bundle_json": {"artifacts": [{"path": "src/a.py"}]}},
    "plan_revisions": {"sequence": 1, "reason": "initial", "status": "active", "plan_json": {"tasks": [{"id": "a"}]}},
    "branch_flushes": {"flushed_branch_ids": ["branch-1"], "reason": "parent failed"},
    "interface_seals": {"sealed_path": "src/api.py", "seal_hash": "ab" * 32},
    "correction_attempts": {"parse_state": "schema_invalid", "broken": ["energy_json"], "energy_json": "{nope"},
}  # fmt: skip


def a_run(external_id: str = "run-1", *, size: int = 3, status: str = "RUNNING", trouble: str = "") -> Run:
    """A run with `size` rows of everything."""
    agent, _ = Agent.objects.get_or_create(name="perspt-billing", defaults={"created_at": NOON})
    session = AgentSession.objects.create(
        agent=agent, source="perspt", external_id=external_id, state="working", started_at=NOON, seen_at=NOON
    )
    store, _ = Store.objects.get_or_create(path="/data/perspt.db", defaults={"layout": 23, "zone_offset": -18000})
    Store.objects.filter(pk=store.pk).update(read_at=NOON, trouble=trouble, trouble_at=NOON if trouble else None)
    store.refresh_from_db()
    run = Run.objects.create(
        session=session, store=store, task="Add mandates <script>alert(1)</script>", working_dir="/srv/billing",
        status=status, started_at=NOON, last_activity_at=NOON + timedelta(minutes=size), nodes_total=size,
        nodes_completed=size, llm_calls=size, tokens_in=1_900_000, tokens_out=214_000, estimated_tokens_in=700,
        unreported_calls=1, latency_ms_sum=9_000 * size, energy_count=size, energy_sum=2.0 * size, energy_min=0.0,
        energy_max=4.0, energy_last=1.0, progress_source="plan",
    )  # fmt: skip
    _fill(run, size)
    Budget.objects.create(run=run, max_steps=60, steps_used=34, cost_used_usd=3.42, max_cost_usd=8.0)
    return run


def _fill(run: Run, size: int) -> None:
    names = [f'task/{n} "q"' if n == 2 else f"task_{n}" for n in range(size)]
    base = {"run": run}
    Node.objects.bulk_create(
        Node(**base, node_id=name, state=STATES[n % 6], v_total=n / 7, goal=f"Goal {n}", position=n, attempts=1)
        for n, name in enumerate(names)
    )
    rows = [
        base | {"row_id": n + 1, "node_id": name, "at": NOON + timedelta(minutes=n)} for n, name in enumerate(names)
    ]
    NodeState.objects.bulk_create(NodeState(**row, state="Completed", merkle_hash="cd" * 32) for row in rows)
    EnergySample.objects.bulk_create(
        EnergySample(**row | {"node_id": names[n % (1 + size // 4)]}, v_syn=1.0, v_log=n % 3, v_total=1.0 + n % 3)
        for n, row in enumerate(rows)
    )
    LlmRequest.objects.bulk_create(
        LlmRequest(**row, model="opus-5", tokens_in=n, tokens_out=n, latency_ms=900 + n, prompt=f"Write part {n} of it",
                   response="=SUM(A1) done")
        for n, row in enumerate(rows)
    )  # fmt: skip
    StepRecord.objects.bulk_create(
        StepRecord(**row, step="verify", outcome="ok", duration_ms=9_000, energy={"v_syn": 1.0}) for row in rows
    )
    Edge.objects.bulk_create(
        Edge(**base, row_id=n, parent_node_id=names[(n - 1) // 2], child_node_id=names[n], edge_type="depends_on")
        for n in range(1, size)
    )
    Branch.objects.bulk_create(
        Branch(**base, row_id=n + 1, branch_id=f"branch-{n}", node_id=name, parent_node_id=names[max(0, (n - 1) // 2)],
               state="merged", at=NOON)
        for n, name in enumerate(names)
    )  # fmt: skip
    RunRecord.objects.bulk_create(
        RunRecord(**row, kind=kind, ok=number % 2 == 0, headline=f"{kind} of it", data=DATA.get(kind, {"kind": kind}))
        for number, kind in enumerate((*DECISIONS, *KEPT))
        for row in rows
    )
