"""Makes stores as perspt's four layouts have them, with DuckDB, for tests and benchmarks."""

import json
from pathlib import Path
from typing import Any

import duckdb

S = "id INTEGER PRIMARY KEY DEFAULT nextval('seq_{table}_id'), "
REF = "session_id VARCHAR NOT NULL, "
NODE = "node_id VARCHAR NOT NULL, "
MADE = "created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP"
LATER = "node_class owner_plugin goal parent_id children last_error_type committed_at"
COLUMNS = {
    4: {
        "sessions": "session_id VARCHAR PRIMARY KEY, task TEXT NOT NULL, working_dir TEXT NOT NULL, merkle_root BLOB,"
        f" detected_toolchain VARCHAR, {MADE}, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,"
        " status VARCHAR DEFAULT 'active'",
        "node_states": S + NODE + REF + "state VARCHAR NOT NULL, v_total REAL DEFAULT 0, merkle_hash BLOB,"
        f" attempt_count INTEGER DEFAULT 0, {MADE}",
        "energy_history": S + NODE + REF + "timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP, v_syn REAL DEFAULT 0,"
        " v_str REAL DEFAULT 0, v_log REAL DEFAULT 0, v_boot REAL DEFAULT 0, v_sheaf REAL DEFAULT 0,"
        " v_total REAL DEFAULT 0",
        "llm_requests": S + REF + "node_id VARCHAR, model VARCHAR NOT NULL, prompt TEXT NOT NULL,"
        " response TEXT NOT NULL, tokens_in INTEGER DEFAULT 0, tokens_out INTEGER DEFAULT 0,"
        " latency_ms INTEGER DEFAULT 0, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP",
    },
    17: {
        "structural_digests": S + "digest_id VARCHAR NOT NULL, " + REF + NODE + "source_path VARCHAR NOT NULL,"
        f" artifact_kind VARCHAR NOT NULL, hash BLOB NOT NULL, version INTEGER DEFAULT 1, {MADE}",
        "context_provenance": S + REF + NODE + "context_package_id VARCHAR NOT NULL, structural_hashes TEXT,"
        " summary_hashes TEXT, dependency_hashes TEXT, included_file_count INTEGER DEFAULT 0,"
        f" total_bytes INTEGER DEFAULT 0, {MADE}",
        "escalation_reports": S + REF + NODE + "category VARCHAR NOT NULL, action VARCHAR NOT NULL,"
        f" energy_snapshot TEXT, stage_outcomes TEXT, evidence TEXT, affected_node_ids TEXT, {MADE}",
        "rewrite_records": S + REF + NODE + "action VARCHAR NOT NULL, category VARCHAR NOT NULL, requeued_nodes TEXT,"
        f" inserted_nodes TEXT, {MADE}",
        "sheaf_validations": S + REF + NODE + "validator_class VARCHAR NOT NULL, plugin_source VARCHAR,"
        " passed BOOLEAN NOT NULL, evidence_summary TEXT, affected_files TEXT, v_sheaf_contribution REAL DEFAULT 0,"
        f" requeue_targets TEXT, {MADE}",
        "provisional_branches": S + "branch_id VARCHAR NOT NULL, " + REF + NODE + "parent_node_id VARCHAR NOT NULL,"
        f" state VARCHAR NOT NULL DEFAULT 'active', parent_seal_hash BLOB, sandbox_dir VARCHAR, {MADE},"
        " updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP",
        "branch_lineage": S + "lineage_id VARCHAR NOT NULL, parent_branch_id VARCHAR NOT NULL,"
        f" child_branch_id VARCHAR NOT NULL, depends_on_seal BOOLEAN NOT NULL DEFAULT true, {MADE}",
        "interface_seals": S + "seal_id VARCHAR NOT NULL, " + REF + NODE + "sealed_path VARCHAR NOT NULL,"
        f" artifact_kind VARCHAR NOT NULL, seal_hash BLOB NOT NULL, version INTEGER DEFAULT 1, {MADE}",
        "branch_flushes": S + "flush_id VARCHAR NOT NULL, " + REF + "parent_node_id VARCHAR NOT NULL,"
        f" flushed_branch_ids TEXT NOT NULL, requeue_node_ids TEXT NOT NULL, reason TEXT NOT NULL, {MADE}",
        "task_graph_edges": S + REF + "parent_node_id VARCHAR NOT NULL, child_node_id VARCHAR NOT NULL,"
        f" edge_type VARCHAR NOT NULL DEFAULT 'dependency', {MADE}",
        "review_outcomes": S + REF + NODE + "outcome VARCHAR NOT NULL, reviewer_note TEXT, energy_at_review DOUBLE,"
        f" degraded BOOLEAN, escalation_category VARCHAR, {MADE}",
        "verification_results": S + REF + NODE + "result_json TEXT NOT NULL, syntax_ok BOOLEAN NOT NULL DEFAULT false,"
        " build_ok BOOLEAN NOT NULL DEFAULT false, tests_ok BOOLEAN NOT NULL DEFAULT false,"
        " lint_ok BOOLEAN NOT NULL DEFAULT false, diagnostics_count INTEGER DEFAULT 0,"
        " tests_passed INTEGER DEFAULT 0, tests_failed INTEGER DEFAULT 0, degraded BOOLEAN NOT NULL DEFAULT false,"
        f" degraded_reason VARCHAR, {MADE}",
        "artifact_bundles": S + REF + NODE + "bundle_json TEXT NOT NULL, artifact_count INTEGER DEFAULT 0,"
        f" command_count INTEGER DEFAULT 0, touched_files TEXT, {MADE}",
    },
    21: {
        "feature_charters": "charter_id VARCHAR PRIMARY KEY, " + REF + "scope_description TEXT NOT NULL,"
        f" max_modules INTEGER, max_files INTEGER, max_revisions INTEGER, language_constraint VARCHAR, {MADE}",
        "plan_revisions": "revision_id VARCHAR PRIMARY KEY, " + REF + "sequence INTEGER NOT NULL,"
        " plan_json TEXT NOT NULL, reason VARCHAR NOT NULL, supersedes VARCHAR,"
        f" status VARCHAR NOT NULL DEFAULT 'active', {MADE}",
        "repair_footprints": S + "footprint_id VARCHAR NOT NULL UNIQUE, " + REF + NODE + "revision_id VARCHAR NOT NULL,"
        " attempt INTEGER NOT NULL, affected_files TEXT NOT NULL, bundle_json TEXT NOT NULL,"
        f" diagnosis TEXT NOT NULL, resolved BOOLEAN NOT NULL DEFAULT false, {MADE}",
        "budget_envelopes": "session_id VARCHAR PRIMARY KEY, max_steps INTEGER, steps_used INTEGER NOT NULL DEFAULT 0,"
        " max_revisions INTEGER, revisions_used INTEGER NOT NULL DEFAULT 0, max_cost_usd DOUBLE,"
        " cost_used_usd DOUBLE NOT NULL DEFAULT 0, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP",
    },
    23: {
        "srbn_step_records": S + REF + NODE + "step VARCHAR NOT NULL, outcome VARCHAR NOT NULL, energy_json TEXT,"
        " parse_state VARCHAR, retry_classification VARCHAR, attempt_count INTEGER DEFAULT 0,"
        f" duration_ms INTEGER DEFAULT 0, {MADE}",
        "correction_attempts": S + REF + NODE + "attempt INTEGER NOT NULL, parse_state VARCHAR NOT NULL,"
        " retry_classification VARCHAR, response_fingerprint VARCHAR NOT NULL, response_length INTEGER NOT NULL,"
        " energy_json TEXT, accepted BOOLEAN NOT NULL, rejection_reason TEXT, created_at BIGINT NOT NULL",
    },
}
LAYOUTS = tuple(COLUMNS)


def make_store(path: Path, layout: int = 23, *, storage: str = "v1.0.0") -> Path:
    """An empty store of one layout."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS store (STORAGE_VERSION '{storage}')")
        connection.execute("USE store")
        for since, tables in COLUMNS.items():
            for table, columns in tables.items() if since <= layout else ():
                if "nextval" in columns:
                    connection.execute(f"CREATE SEQUENCE seq_{table}_id START 1")
                connection.execute(f"CREATE TABLE {table} ({columns.format(table=table)})")
        for column in LATER.split() if layout > 4 else ():
            connection.execute(f"ALTER TABLE node_states ADD COLUMN {column} VARCHAR")
        connection.execute("USE memory")
        connection.execute("DETACH store")
    return path


def add(connection: duckdb.DuckDBPyConnection, table: str, **fields: Any) -> None:
    marks = ", ".join("?" for _ in fields)
    connection.execute(f"INSERT INTO {table} ({', '.join(fields)}) VALUES ({marks})", [*fields.values()])


def fill(path: Path, layout: int = 23, session: str = "s-1") -> None:
    """One session with a row in every table of the layout, and what an agent may write that is odd."""
    node, here = "api/<b>'1' é", {"session_id": session}
    at = {**here, "node_id": node}
    with duckdb.connect(str(path)) as db:
        add(db, "sessions", **here, task="Build <b>it</b>\nnow", working_dir="/home/ana/shop", status="RUNNING",
            merkle_root=b"", created_at="2026-01-02 12:00:00", updated_at="2026-01-02 12:00:00")  # fmt: skip
        more = {"committed_at": "2026-01-02T10:05:00Z", "children": '["a"]', "goal": "Serve"} if layout > 4 else {}
        add(db, "node_states", **at, state="Completed", v_total=float("nan"), created_at="2026-01-02 12:05:01", **more)
        add(db, "energy_history", **at, v_syn=2.0, v_total=2.5, timestamp="2026-01-02 12:01:00")
        add(db, "energy_history", **at, v_total=float("inf"), timestamp="2026-01-02 12:02:00")
        add(db, "llm_requests", **at, model="m", prompt="12345", response="é", latency_ms=7, tokens_out=3,
            timestamp="2026-01-02 12:03:00")  # fmt: skip
        if layout >= 17:
            _fill_records(db, at, here)
        if layout >= 21:
            plan = '{"tasks": [{"id": "next", "goal": "Later"}]}'
            add(db, "plan_revisions", **here, revision_id="r1", sequence=1, plan_json=plan, reason="initial")
            add(db, "feature_charters", **here, charter_id="c1", scope_description="all")
            add(db, "repair_footprints", **at, footprint_id="f1", revision_id="initial", attempt=1,
                affected_files="[]", bundle_json="{}", diagnosis="[]")  # fmt: skip
            add(db, "budget_envelopes", **here, max_steps=9, steps_used=4)
        if layout >= 23:
            add(db, "srbn_step_records", **at, step="commit", outcome="ok", duration_ms=5)
            add(db, "correction_attempts", **at, attempt=1, parse_state="schema_invalid", response_fingerprint="ab",
                response_length=3, accepted=False, created_at=1767348300)  # fmt: skip
        _set_clocks(db)


def _set_clocks(db: duckdb.DuckDBPyConnection) -> None:
    """Give every time that the clock of this computer wrote the same one, so that a reading can be compared."""
    columns = "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'TIMESTAMP'"
    for table, column in db.execute(columns).fetchall():
        db.execute(f"UPDATE {table} SET {column} = '2026-01-02 12:06:00' WHERE {column} > '2026-01-03'")


def _fill_records(db: duckdb.DuckDBPyConnection, at: dict[str, str], here: dict[str, str]) -> None:
    node = at["node_id"]
    add(db, "structural_digests", **at, digest_id="d", source_path="a", artifact_kind="schema", hash=b"ab" * 32)
    add(db, "context_provenance", **at, context_package_id="ctx", structural_hashes='["a:b"]')
    add(db, "escalation_reports", **at, category="topology_mismatch", action="{not json", evidence="why")
    add(db, "rewrite_records", **at, action='{"node_split": {}}', category="x", inserted_nodes='["n__split_0"]')
    add(db, "sheaf_validations", **at, validator_class="build_graph", passed=True)
    add(db, "provisional_branches", **at, branch_id="b1", parent_node_id="root", parent_seal_hash=b"")
    add(db, "branch_lineage", lineage_id="l", parent_branch_id="root", child_branch_id="b1")
    add(db, "interface_seals", **at, seal_id="s", sealed_path="a", artifact_kind="interface_seal", seal_hash=b"00")
    add(db, "branch_flushes", **here, flush_id="f", parent_node_id=node, flushed_branch_ids='["b1"]',
        requeue_node_ids="[]", reason="gone")  # fmt: skip
    add(db, "task_graph_edges", **here, parent_node_id=node, child_node_id="next", edge_type="depends_on")
    add(db, "review_outcomes", **at, outcome="approved")
    add(db, "verification_results", **at, result_json="{}", syntax_ok=True)
    add(db, "artifact_bundles", **at, bundle_json='{"artifacts": []}', touched_files='["a"]')


def fill_large(path: Path, session: str = "s-2", nodes: int = 300, requests: int = 2_000) -> None:
    """A session at work: a plan, its first half committed, energy that falls, requests with and without text."""
    tasks = [
        {
            "id": f"n{i}",
            "goal": f"Step {i}",
            "node_class": "implementation",
            "dependencies": [f"n{i // 2}"] if i else [],
        }
        for i in range(nodes)
    ]
    with duckdb.connect(str(path)) as db:
        add(db, "sessions", session_id=session, task="Rebuild the shop", working_dir="/home/ana/rebuild",
            status="RUNNING")  # fmt: skip
        add(db, "plan_revisions", session_id=session, revision_id=f"plan-{session}", sequence=1, reason="initial",
            plan_json=json.dumps({"tasks": tasks}))  # fmt: skip
        for sql in (
            (
                "task_graph_edges (session_id, parent_node_id, child_node_id, edge_type)"
                " SELECT $1, 'n' || (i // 2), 'n' || i, 'depends_on' FROM range(1, $2) t(i)"
            ),
            (
                "energy_history (session_id, node_id, v_syn, v_log, v_total)"
                " SELECT $1, 'n' || i, 4 - a, 1, 5 - a FROM range($2 // 2) t(i), range(4) u(a)"
            ),
            (
                "node_states (session_id, node_id, state, v_total, attempt_count)"
                " SELECT $1, 'n' || i, 'Completed', 0, 4 FROM range($2 // 2) t(i)"
            ),
            (
                "provisional_branches (session_id, node_id, branch_id, parent_node_id, state)"
                " SELECT $1, 'n' || i, 'branch_n' || i || $1, 'root',"
                " CASE WHEN i < $2 // 2 THEN 'merged' ELSE 'active' END"
                " FROM range($2 // 2 + 2) t(i)"
            ),
        ):
            db.execute(f"INSERT INTO {sql}", [session, nodes])
        db.execute(
            "INSERT INTO llm_requests (session_id, node_id, model, prompt, response, tokens_in, tokens_out, latency_ms)"
            " SELECT $1, CASE WHEN i % 3 = 0 THEN '' ELSE 'n' || (i % 100) END, 'model-' || (i % 2), 'Ask', 'Say',"
            " (i % 4) * 100, (i % 4) * 40, 900 + i % 700 FROM range($2) t(i)",
            [session, requests],
        )
