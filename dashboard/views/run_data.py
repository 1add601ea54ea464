"""What the pages of a perspt session fetch when it is wanted: the graph, a node, a request, a record; and files."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from urllib.parse import urlencode

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from dashboard.access.desk import in_desk
from dashboard.selectors import runs, runs_export, runs_llm, runs_records
from dashboard.templatetags.console import session_url
from dashboard.views.clock import now
from dashboard.views.decisions import cell
from dashboard.views.page import page, render_page
from dashboard.views.run_words import frame
from dashboard.views.runs import node_context, run_or_404

PIECE = 200
TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet", "json": "application/json"}


@require_safe
def graph(_request: HttpRequest, external_id: str) -> HttpResponse:
    """Nodes and edges for the drawing; each node says where its panel is."""
    run = run_or_404(external_id)
    base = session_url(run.session.external_id)
    nodes, edges = runs.graph(run)
    for node in nodes:
        query = urlencode({"node": node["id"]})
        node["href"], node["page"] = f"{base}node/?{query}", f"{base}dag/?{query}"
    response = JsonResponse({"nodes": nodes, "edges": edges, "marks": runs.MARKS})
    response["Cache-Control"] = "no-store"
    return response


@page
def node(request: HttpRequest, external_id: str) -> HttpResponse:
    run = run_or_404(external_id)
    name = request.GET.get("node", "")[:500]
    found = node_context(run, name) if name else None
    if name and found is None:
        raise Http404("This session has no such node.")
    context = frame(run, "dag", request.GET) | {"node": found}
    return render_page(request, "dashboard/runs/node.html", "dashboard/runs/_node.html", context)


@page
def llm_request(request: HttpRequest, external_id: str, pk: int) -> HttpResponse:
    run = run_or_404(external_id)
    found = runs_llm.request(run, pk)
    if found is None:
        raise Http404("This session has no such request.")
    context = frame(run, "llm", request.GET) | {"request_row": found}
    return render_page(request, "dashboard/runs/request.html", "dashboard/runs/_request.html", context)


@page
def record(request: HttpRequest, external_id: str, pk: int) -> HttpResponse:
    run = run_or_404(external_id)
    found = runs_records.record(run, pk)
    if found is None:
        raise Http404("This session has no such record.")
    context = frame(run, "decisions", request.GET) | {"record": found}
    return render_page(request, "dashboard/runs/record.html", "dashboard/runs/_record.html", context)


@require_safe
def export_json(_request: HttpRequest, external_id: str) -> StreamingHttpResponse:
    """The whole session, table by table."""
    run = run_or_404(external_id)
    return _file(runs_export.session_json(run), f"{_stem(external_id)}.json", "json")


@require_safe
def export_table(
    _request: HttpRequest, external_id: str, table: str, ending: str
) -> StreamingHttpResponse | FileResponse:
    """One table of the session, for a spreadsheet or a program."""
    run = run_or_404(external_id)
    if table not in runs_export.TABLES:
        raise Http404("There is no such table.")
    name = f"{_stem(external_id)}-{table}.{ending}"
    if ending == "csv":
        return _file(runs_export.table_csv(run, table, cell), name, "csv")
    return FileResponse(
        runs_export.table_parquet(run, table), as_attachment=True, filename=name, content_type=TYPES["parquet"]
    )


def _stem(external_id: str) -> str:
    safe = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "-" for sign in external_id)
    return f"perspt-{safe[:60]}-{now():%Y-%m-%d}"


def _file(rows: Iterator[str], name: str, ending: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(_pieces(rows), content_type=TYPES[ending], headers=headers)


async def _pieces(rows: Iterator[str]) -> AsyncIterator[str]:
    """The file piece by piece, each one a hop to the database: whoever reads slowly holds nothing."""
    while piece := await in_desk(lambda: list(islice(rows, PIECE))):
        yield "".join(piece)
