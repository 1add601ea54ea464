"""Decisions taken along: everything that fits the filters of the address, as a file for spreadsheets or programs."""

import csv
import json
from collections.abc import AsyncIterator, Callable, Iterator
from io import StringIO
from itertools import islice
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from dashboard.access.desk import in_desk
from dashboard.selectors.decisions import Filters, export_decisions
from dashboard.selectors.rows import Row
from dashboard.views.clock import now

PIECE = 200
COLUMNS = (
    *("kind", "id", "agent", "session", "approval_kind", "tool_name", "command", "description", "question", "target"),
    *("risk", "status", "answer", "note", "resolved_by", "resolved_via", "asked_at", "resolved_at", "waited_seconds"),
    *("digest", "redacted"),
)
TAKEN_FOR_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
Write = Callable[[list[Row], bool], str]


@require_safe
def export_csv(request: HttpRequest) -> StreamingHttpResponse:
    return _file(request, "csv", "text/csv; charset=utf-8", _csv, "")


@require_safe
def export_json(request: HttpRequest) -> StreamingHttpResponse:
    return _file(request, "json", "application/json", _json, "]}\n")


def cell(value: Any) -> Any:
    """A cell of a spreadsheet: no text of an agent is taken for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(TAKEN_FOR_FORMULAS) else value


def _file(request: HttpRequest, ending: str, content_type: str, write: Write, end: str) -> StreamingHttpResponse:
    rows = export_decisions(Filters.from_query(request.GET))
    name = f"decisions-{now():%Y-%m-%d}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(_pieces(rows, write, end), content_type=content_type, headers=headers)


async def _pieces(rows: Iterator[Row], write: Write, end: str) -> AsyncIterator[str]:
    """The file piece by piece, each one a hop to the database: whoever reads slowly holds nothing."""
    first = True
    while piece := await in_desk(lambda: list(islice(rows, PIECE))):
        yield write(piece, first)
        first = False
    yield (write([], first) if first else "") + end


def _csv(rows: list[Row], first: bool) -> str:  # noqa: FBT001
    text = StringIO()
    writer = csv.writer(text)
    if first:
        writer.writerow(COLUMNS)
    writer.writerows([cell(row[name]) for name in COLUMNS] for row in rows)
    return text.getvalue()


def _json(rows: list[Row], first: bool) -> str:  # noqa: FBT001
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return ('{"decisions":[\n' if first else ",\n") + lines
