"""What perspt decided and recorded, in the order in which it happened; branches with what hangs on them."""

from dataclasses import dataclass, field

from dashboard.models import Branch, Run, RunRecord, StepRecord
from dashboard.selectors.runs import Key, newest

DECISIONS = {
    "escalation_reports": "Escalations",
    "sheaf_validations": "Sheaf",
    "rewrite_records": "Rewrites",
    "plan_revisions": "Plans",
    "repair_footprints": "Repairs",
    "verification_results": "Verifications",
    "correction_attempts": "Corrections",
    "review_outcomes": "Reviews",
}
KEPT = {
    "interface_seals": "Interface seals",
    "artifact_bundles": "Artifact bundles",
    "context_provenance": "Context provenance",
    "structural_digests": "Structural digests",
    "branch_flushes": "Branch flushes",
    "branch_lineage": "Branch lineage",
    "feature_charters": "Feature charters",
}
"""Records that are no decisions: what was kept of the work."""
LARGE = ("artifact_bundles", "plan_revisions")
IN_SECTION = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the decisions; they stand in the address."""

    kind: str = ""
    node: str = ""
    ok: str = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.kind,) if self.kind in DECISIONS | KEPT else tuple(DECISIONS)


@dataclass(slots=True)
class Limb:
    """A branch in the tree of branches."""

    branch: Branch
    children: "list[Limb]" = field(default_factory=list)
    flushes: list[RunRecord] = field(default_factory=list)


def decisions(run: Run, wanted: Wanted, before: Key | None = None) -> tuple[list[RunRecord], bool]:
    rows = RunRecord.objects.filter(run=run, kind__in=wanted.kinds)
    if wanted.node:
        rows = rows.filter(node_id=wanted.node)
    if wanted.ok in {"yes", "no"}:
        rows = rows.filter(ok=wanted.ok == "yes")
    return newest(rows, before)


def of_kind(run: Run, kind: str, limit: int = IN_SECTION, node: str = "") -> list[RunRecord]:
    rows = RunRecord.objects.filter(run=run, kind=kind)
    return newest(rows.filter(node_id=node) if node else rows, None, limit=limit)[0]


def record(run: Run, pk: int) -> RunRecord | None:
    return RunRecord.objects.filter(run=run, pk=pk).first()


def steps(run: Run, *, node: str = "", before: Key | None = None) -> tuple[list[StepRecord], bool]:
    rows = StepRecord.objects.filter(run=run)
    return newest(rows.filter(node_id=node) if node else rows, before)


def last_verifications(run: Run, node_ids: list[str]) -> list[RunRecord]:
    """The newest verification of each of these nodes."""
    rows = RunRecord.objects.filter(run=run, kind="verification_results", node_id__in=node_ids).order_by("-at", "-id")
    found: dict[str, RunRecord] = {}
    for row in rows[:1000]:
        found.setdefault(row.node_id, row)
    return [found[node_id] for node_id in node_ids if node_id in found]


def branches(run: Run, state: str = "", limit: int = 200) -> tuple[list[Limb], bool]:
    """Branches as a tree: each below the newest one of the node it came from."""
    rows = run.branches.order_by("-id")
    if state:
        rows = rows.filter(state=state)
    found = list(rows[: limit + 1])
    limbs = {branch.branch_id: Limb(branch) for branch in reversed(found[:limit])}
    by_node = {limb.branch.node_id: limb for limb in limbs.values()}
    roots: list[Limb] = []
    for limb in limbs.values():
        parent = by_node.get(limb.branch.parent_node_id)
        (parent.children if parent and not _below(limb, parent) else roots).append(limb)
    for flush in of_kind(run, "branch_flushes", limit):
        for branch_id in _names(flush.data.get("flushed_branch_ids")):
            if branch_id in limbs:
                limbs[branch_id].flushes.append(flush)
    return roots, len(found) > limit


def _below(limb: Limb, other: Limb) -> bool:
    """Whether `other` is the limb itself or hangs somewhere below it; a tree has no rings."""
    queue, seen = [limb], set()
    while queue:
        one = queue.pop()
        if one is other:
            return True
        if id(one) not in seen:
            seen.add(id(one))
            queue += one.children
    return False


def _names(value: object) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
