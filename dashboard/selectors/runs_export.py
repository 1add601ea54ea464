"""A perspt session taken along: all of it as JSON, a table as CSV or Parquet, row by row, however much it is.

Tables have their names in perspt's store; what the store kept is in the rows, JSON columns as structure.
"""

import csv
import json
import tempfile
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
from django.db.models import Model, QuerySet

from dashboard.models import (
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
)
from dashboard.selectors.runs_records import DECISIONS, KEPT

CHUNK = 200
OWN: dict[str, type[Model]] = {
    "nodes": Node,
    "node_states": NodeState,
    "energy_history": EnergySample,
    "llm_requests": LlmRequest,
    "task_graph_edges": Edge,
    "provisional_branches": Branch,
    "budget_envelopes": Budget,
    "srbn_step_records": StepRecord,
}
TABLES = ("sessions", *OWN, *DECISIONS, *KEPT)
"""What can be taken along; `nodes` is what this console makes of several of them."""
NOT_SHOWN = ("id", "run", "kind", "session", "store")


def table_rows(run: Run, table: str) -> Iterator[dict[str, Any]]:
    """The rows of one table, oldest first."""
    if table == "sessions":
        yield {"session_id": run.session.external_id} | _row(run)
        return
    model = OWN.get(table)
    rows: QuerySet[Any] = QuerySet(model or RunRecord).filter(run=run)
    if model is None:
        rows = rows.filter(kind=table)
    place = 0
    while part := list(rows.filter(pk__gt=place).order_by("pk")[:CHUNK]):
        yield from map(_row, part)
        place = part[-1].pk


def session_json(run: Run) -> Iterator[str]:
    """One JSON object: table by table, a row a line."""
    yield "{\n"
    for number, table in enumerate(TABLES):
        yield (",\n" if number else "") + f'"{table}": ['
        for first, row in enumerate(table_rows(run, table)):
            yield (",\n" if first else "\n") + json.dumps(row, ensure_ascii=False, default=str)
        yield "]"
    yield "\n}\n"


def table_csv(run: Run, table: str, cell: Callable[[Any], Any]) -> Iterator[str]:
    """Lines of CSV; `cell` makes a value harmless for spreadsheets."""
    columns = columns_of(table)
    yield _line(columns)
    for row in table_rows(run, table):
        yield _line([cell(_flat(row.get(column))) for column in columns])


def table_parquet(run: Run, table: str) -> BinaryIO:
    """A Parquet file, written by DuckDB; numbers stay numbers, times and structures are text."""
    columns = columns_of(table)
    with tempfile.TemporaryDirectory(prefix="perspt-export-") as folder:
        lines, target = Path(folder, "rows.jsonl"), Path(folder, "rows.parquet")
        longest = 0
        with lines.open("wb") as file:
            for row in table_rows(run, table):
                line = json.dumps({name: _flat(row.get(name)) for name in columns}, default=str).encode() + b"\n"
                longest = max(longest, len(line))
                file.write(line)
        _copy(lines, target, {name: _type(table, name) for name in columns}, longest)
        return target.open("rb")  # the name goes, the open file stays


def columns_of(table: str) -> list[str]:
    """The columns of a table; what a record holds besides stands in `data`."""
    model = Run if table == "sessions" else OWN.get(table, RunRecord)
    names = [field.name for field in _fields(model) if field.name not in NOT_SHOWN]
    return ["session_id", *names] if table == "sessions" else names


def _copy(lines: Path, target: Path, types: dict[str, str], longest: int) -> None:
    config: dict[str, str | bool | int | float | list[str]] = {"threads": 1, "memory_limit": "1GB"}
    config |= {f"{word}_known_extensions": False for word in ("autoinstall", "autoload")}
    most = max(longest + 1024, 2**20)  # DuckDB takes room for several of these at once
    with duckdb.connect(":memory:", config=config) as connection:
        source = connection.read_json(str(lines), columns=types, format="newline_delimited", maximum_object_size=most)
        source.write_parquet(str(target), compression="zstd")


def _type(table: str, column: str) -> str:
    model = Run if table == "sessions" else OWN.get(table, RunRecord)
    kinds = {field.name: field.get_internal_type() for field in _fields(model)}
    kind = kinds.get(column, "")
    if kind.endswith("IntegerField"):
        return "BIGINT"
    return {"FloatField": "DOUBLE", "BooleanField": "BOOLEAN"}.get(kind, "VARCHAR")


def _fields(model: type[Model]) -> tuple[Any, ...]:
    return tuple(model._meta.concrete_fields)  # noqa: SLF001  Django's documented way to a model's fields


def _row(one: Model) -> dict[str, Any]:
    values = {field.name: field.value_from_object(one) for field in _fields(type(one))}
    return {name: value for name, value in values.items() if name not in NOT_SHOWN}


def _flat(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _line(cells: list[Any]) -> str:
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
