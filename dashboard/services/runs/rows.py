"""Rows of a store as rows of ours: for each table the columns it fills, and how a row becomes their values."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from dashboard.ingest.perspt import tables, values
from dashboard.models import Branch, Edge, EnergySample, LlmRequest, NodeState, RunRecord, StepRecord

Row = dict[str, Any]
Values = tuple[Any, ...]
IDS = 500
SNAPSHOT = ("node_class", "owner_plugin", "goal", "parent_id", "children", "last_error_type", "committed_at")


@dataclass(frozen=True, slots=True)
class Target:
    """Where rows of a table go. `changing` are the columns that may be another when a row is read again."""

    model: type[models.Model]
    fields: tuple[str, ...]
    values: Callable[[tables.Table, Row, int | None], Values]
    changing: tuple[str, ...] = ()

    def sql(self) -> str:
        name = self.model._meta.db_table  # noqa: SLF001  Django's documented way to a table's name
        columns = ("run_id", "row_id", *self.fields)
        key = "run_id, row_id" + (", kind" if self.model is RunRecord else "")
        marks = ", ".join(["%s"] * len(columns))
        insert = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT ({key}) DO "  # noqa: S608
        if not self.changing:
            return insert + "NOTHING"
        moved = ", ".join(f"{field} = excluded.{field}" for field in self.changing)
        other = " OR ".join(f"{name}.{field} IS DISTINCT FROM excluded.{field}" for field in self.changing)
        return f"{insert}UPDATE SET {moved} WHERE {other}"


def moment(value: Any, offset: int | None) -> Any:
    """A time of the store as this database takes it."""
    return connection.ops.adapt_datetimefield_value(values.moment(value, offset))


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _node(row: Row, column: str = "node_id") -> str:
    return values.short(row.get(column), IDS, column)


def _node_state(table: tables.Table, row: Row, offset: int | None) -> Values:
    return (
        _node(row),
        moment(row.get(table.at), offset),
        values.short(row.get("state"), 200, "state"),
        values.number(row.get("v_total")),
        values.count(row.get("attempt_count")),
        values.short(values.hexadecimal(row.get("merkle_hash")), 200, "merkle_hash"),
        dumped(all_columns(table, {name: row[name] for name in SNAPSHOT if name in row})),
    )


def _edge(table: tables.Table, row: Row, offset: int | None) -> Values:
    return (
        _node(row, "parent_node_id"),
        _node(row, "child_node_id"),
        values.short(row.get("edge_type"), 100, "edge_type"),
        moment(row.get(table.at), offset),
    )


ENERGY = ("v_syn", "v_str", "v_log", "v_boot", "v_sheaf", "v_total")


def _energy(table: tables.Table, row: Row, offset: int | None) -> Values:
    return (
        _node(row),
        moment(row.get(table.at), offset),
        *(values.number(row.get(name)) for name in ENERGY),
    )


def _request(table: tables.Table, row: Row, offset: int | None) -> Values:
    return (
        _node(row),
        moment(row.get(table.at), offset),
        values.short(row.get("model"), 300, "model"),
        values.count(row.get("tokens_in")),
        values.count(row.get("tokens_out")),
        values.count(row.get("latency_ms")),
        values.text(row.get("prompt")),
        values.text(row.get("response")),
    )


def _branch(table: tables.Table, row: Row, offset: int | None) -> Values:
    return (
        values.short(row.get("branch_id"), IDS, "branch_id"),
        _node(row),
        _node(row, "parent_node_id"),
        values.short(row.get("state"), 200, "state"),
        values.short(values.hexadecimal(row.get("parent_seal_hash")), 200, "parent_seal_hash"),
        values.text(row.get("sandbox_dir")),
        moment(row.get(table.at), offset),
        moment(row.get("updated_at"), offset),
    )


def _step(table: tables.Table, row: Row, offset: int | None) -> Values:
    energy, _ = values.structure(row.get("energy_json"))  # a broken one stays the text that it is
    return (
        _node(row),
        moment(row.get(table.at), offset),
        values.short(row.get("step"), 200, "step"),
        values.short(row.get("outcome"), 200, "outcome"),
        None if energy is None else dumped(energy),
        values.short(row.get("parse_state"), 200, "parse_state"),
        values.short(row.get("retry_classification"), 200, "retry_classification"),
        values.count(row.get("attempt_count")),
        values.count(row.get("duration_ms")),
    )


OK = {"sheaf_validations": "passed", "repair_footprints": "resolved", "correction_attempts": "accepted"}
CHECKS = ("syntax_ok", "build_ok", "tests_ok", "lint_ok")
HEADLINES = {
    "structural_digests": ("artifact_kind", "source_path"),
    "context_provenance": ("context_package_id",),
    "escalation_reports": ("category", "evidence"),
    "rewrite_records": ("category",),
    "sheaf_validations": ("validator_class", "evidence_summary"),
    "branch_lineage": ("parent_branch_id", "child_branch_id"),
    "interface_seals": ("sealed_path",),
    "branch_flushes": ("reason",),
    "review_outcomes": ("outcome", "reviewer_note"),
    "verification_results": ("degraded_reason",),
    "artifact_bundles": ("artifact_count",),
    "feature_charters": ("scope_description",),
    "plan_revisions": ("sequence", "reason", "status"),
    "repair_footprints": ("attempt", "diagnosis"),
    "correction_attempts": ("attempt", "parse_state", "rejection_reason"),
}


def _record(table: tables.Table, row: Row, offset: int | None) -> Values:
    ok = row.get(OK.get(table.name, ""))
    if table.name == "verification_results":
        ok = all(row.get(check) for check in CHECKS)
    said = (values.text(row.get(column)) for column in HEADLINES[table.name])
    return (
        _node(row, "parent_node_id" if table.name == "branch_flushes" else "node_id"),
        moment(row.get(table.at), offset),
        table.name,
        None if ok is None else bool(ok),
        " · ".join(words for words in said if words)[:2000],
        dumped(all_columns(table, row)),
    )


def all_columns(table: tables.Table, row: Row) -> Row:
    """Every column of a row as JSON; those that should be JSON and are not are named in `broken`."""
    data: Row = {}
    broken = []
    for column, value in row.items():
        if column in table.json:
            data[column], is_broken = values.structure(value)
            broken += [column] if is_broken else []
        else:
            data[column] = values.plain(value)
    return data | ({"broken": broken} if broken else {})


_BRANCH = ("branch_id", "node_id", "parent_node_id", "state", "parent_seal_hash", "sandbox_dir", "at", "updated_at")
_STEP = ("node_id", "at", "step", "outcome", "energy", "parse_state", "retry_classification", "attempts", "duration_ms")
_LLM = ("node_id", "at", "model", "tokens_in", "tokens_out", "latency_ms", "prompt", "response")
RECORD = ("node_id", "at", "kind", "ok", "headline", "data")
TARGETS = {
    "node_states": Target(
        NodeState, ("node_id", "at", "state", "v_total", "attempts", "merkle_hash", "data"), _node_state
    ),
    "task_graph_edges": Target(Edge, ("parent_node_id", "child_node_id", "edge_type", "at"), _edge),
    "energy_history": Target(EnergySample, ("node_id", "at", *ENERGY), _energy),
    "llm_requests": Target(LlmRequest, _LLM, _request),
    "provisional_branches": Target(Branch, _BRANCH, _branch, ("state", "sandbox_dir", "updated_at")),
    "srbn_step_records": Target(StepRecord, _STEP, _step),
    **{
        name: Target(RunRecord, RECORD, _record, ("ok", "headline") if tables.BY_NAME[name].whole else ())
        for name in HEADLINES
    },
}
