"""The 23 tables of a store in the four layouts that perspt has had: key, time, which columns hold JSON or hashes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """`since` is the number of tables of the first layout that has it.

    A table whose rows may change, or that has no rising number, is read as a whole; of all others only what is new.
    """

    name: str
    since: int
    key: str = "id"
    whole: bool = False
    at: str = "created_at"
    json: tuple[str, ...] = ()


ALL = (
    Table("sessions", 4, key="session_id", whole=True),
    Table("node_states", 4, json=("children",)),
    Table("energy_history", 4, at="timestamp"),
    Table("llm_requests", 4, at="timestamp"),
    Table("structural_digests", 17),
    Table("context_provenance", 17, json=("structural_hashes", "summary_hashes", "dependency_hashes")),
    Table("escalation_reports", 17, json=("action", "energy_snapshot", "stage_outcomes", "affected_node_ids")),
    Table("rewrite_records", 17, json=("action", "requeued_nodes", "inserted_nodes")),
    Table("sheaf_validations", 17, json=("affected_files", "requeue_targets")),
    Table("provisional_branches", 17, whole=True),
    Table("branch_lineage", 17),
    Table("interface_seals", 17),
    Table("branch_flushes", 17, json=("flushed_branch_ids", "requeue_node_ids")),
    Table("task_graph_edges", 17),
    Table("review_outcomes", 17),
    Table("verification_results", 17, json=("result_json",)),
    Table("artifact_bundles", 17, json=("bundle_json", "touched_files")),
    Table("feature_charters", 21, key="charter_id", whole=True),
    Table("plan_revisions", 21, key="revision_id", whole=True, json=("plan_json",)),
    Table("repair_footprints", 21, whole=True, json=("affected_files", "bundle_json")),
    Table("budget_envelopes", 21, key="session_id", whole=True, at="updated_at"),
    Table("srbn_step_records", 23, json=("energy_json",)),
    Table("correction_attempts", 23, json=("energy_json",)),
)
BY_NAME = {table.name: table for table in ALL}
LAYOUTS = (4, 17, 21, 23)


def layout_of(names: set[str]) -> int:
    """The layout that a file has: the newest of which it holds any table; 0 if it is no store of perspt."""
    return max((table.since for table in ALL if table.name in names), default=0) if "sessions" in names else 0
