"""The pages of a perspt session: one function for each tab. What they share: its name, its state, how we know it."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse

from dashboard.models import Run
from dashboard.selectors import runs, runs_energy, runs_llm, runs_records, runs_search
from dashboard.selectors.runs_records import DECISIONS, KEPT, Wanted
from dashboard.selectors.runs_verdict import verdict
from dashboard.views.page import render_page
from dashboard.views.paging import key_text, read_key, read_number
from dashboard.views.run_words import frame, multiples, step_bars, track

Context = dict[str, Any]
SHOWS = (("", "All"), ("open", "Open"), ("failing", "Failing"))


def show(request: HttpRequest, run: Run, tab: str) -> HttpResponse:
    """One tab of a session; for a swap only the parts that follow the feed."""
    context = frame(run, tab, request.GET) | TABS[tab](run, request.GET)
    return render_page(request, f"dashboard/runs/{tab}.html", f"dashboard/runs/_{tab}.html", context)


def summary(run: Run, _query: Mapping[str, str]) -> Context:
    found = runs.nodes(run)
    names = [node.node_id for node in found.rows]
    sparks = runs_energy.sparks(run, names)
    charters = runs_records.of_kind(run, "feature_charters", 5)
    plans = runs_records.of_kind(run, "plan_revisions", 1)
    return {
        "nodes": [(node, runs.mark_of_state(node.state), sparks.get(node.node_id, [])) for node in found.rows],
        "more_nodes": bool(found.next),
        "verifications": runs_records.last_verifications(run, names),
        "bars": track(runs.budget_of(run)),
        "last_steps": runs.last_steps(run),
        "charters": charters,
        "plans": plans,
        "kept": [(kind, KEPT[kind], n) for kind, n in runs.kinds_of(run).items() if kind in KEPT],
    }


def dag(run: Run, query: Mapping[str, str]) -> Context:
    chosen, q = query.get("node", "")[:500], query.get("q", "")[:200]
    showing = query.get("show", "") if query.get("show") in runs.SHOWN else ""
    found = runs.nodes(run, show=showing, q=q, after=query.get("after", ""))
    beside = runs.neighbours(run, [node.node_id for node in found.rows])
    rows = [(node, runs.mark_of_state(node.state), *beside[node.node_id]) for node in found.rows]
    return {
        "rows": rows,
        "edges": run.edges.count(),
        "q": q,
        "show": showing,
        "chosen": chosen,
        "node": node_context(run, chosen) if chosen else None,
        "choices": [(word, name, address(show=word, q=q)) for word, name in SHOWS],
        "older": address(show=showing, q=q, after=found.next) if found.next else "",
        "newest": address(show=showing, q=q) if query.get("after") else "",
        "here": address(show=showing, q=q, after=query.get("after", "")),
    }


def node_context(run: Run, node_id: str) -> Context | None:
    """One node with what belongs to it, for the panel beside the graph."""
    node = runs.node_called(run, node_id)
    if node is None:
        return None
    samples, _ = runs_energy.samples(run, node_id)
    calls, more_calls = runs_llm.requests_page(runs_llm.requests(run, node=node_id), None)
    waits, holds = runs.neighbours(run, [node_id])[node_id]
    return {
        "row": node,
        "mark": runs.mark_of_state(node.state),
        "states": runs.states_of(run, node_id),
        "samples": samples[:12],
        "verdict": verdict([(sample.at, sample.v_total) for sample in reversed(samples)]),
        "waits": waits,
        "holds": holds,
        "calls": calls[:6],
        "call_count": f"{len(calls)}{'+' if more_calls else ''}",
        "records": runs_records.decisions(run, Wanted(node=node_id))[0][:10],
        "bundles": runs_records.of_kind(run, "artifact_bundles", 3, node_id),
        "seals": runs_records.of_kind(run, "interface_seals", 5, node_id),
    }


def energy(run: Run, query: Mapping[str, str]) -> Context:
    first = read_number(query.get("from", "")) or 0
    chosen = query.get("node", "")[:500]
    found = runs_energy.overview(run, first=first, chosen=chosen)
    courses = {course.node_id: course for course in found.courses}
    here = courses.get(chosen) or (found.courses[0] if found.courses else None)
    before = read_key(query.get("before", ""))
    rows, more = runs_energy.samples(run, here.node_id, before) if here else ([], False)
    node = here.node_id if here else ""
    older = key_text(rows[-1].at, rows[-1].pk) if more and rows[-1].at else ""
    return {
        "found": found,
        "course": here,
        "rows": rows,
        "multiples": multiples(found, node),
        "names": runs_energy.NAMES,
        "older": address(node=node, before=older) if older else "",
        "newest": address(node=node) if before else "",
        "further": address(**{"from": str(first + runs_energy.MULTIPLES)}) if found.more else "",
        "here": address(node=chosen, before=query.get("before", ""), **{"from": query.get("from", "")}),
    }


def llm(run: Run, query: Mapping[str, str]) -> Context:
    chosen = {name: query.get(name, "")[:500] for name in ("node", "model", "q")}
    before = query.get("before", "")
    node = chosen["node"] or None
    fitting = runs_llm.requests(run, node="" if node == "-" else node, model=chosen["model"], q=chosen["q"])
    rows, more = runs_llm.requests_page(fitting, read_key(before))
    older = key_text(rows[-1].at, rows[-1].pk) if more and rows[-1].at else ""
    models, nodes = runs_llm.groups(run, "model"), runs_llm.groups(run, "node_id")
    return {
        "rows": rows,
        "models": models[: runs_llm.MOST_GROUPS],
        "model_count": len(models),
        "nodes": nodes[: runs_llm.MOST_GROUPS],
        "node_count": len(nodes),
        "tied": sum(group.calls for group in nodes if group.name),
        "time": runs_llm.course(run),
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "older": address(**chosen, before=older) if older else "",
        "newest": address(**chosen) if before else "",
        "here": address(**chosen, before=before),
    }


def sandbox(run: Run, query: Mapping[str, str]) -> Context:
    state = query.get("state", "")[:40]
    limbs, more = runs_records.branches(run, state)
    kinds = [kind for kind in KEPT if kind != "feature_charters"]
    counts = runs.kinds_of(run)
    return {
        "limbs": limbs,
        "more": more,
        "states": runs.branch_states(run),
        "chosen": state,
        "sections": [
            (kind, KEPT[kind], counts.get(kind, 0), runs_records.of_kind(run, kind) if kind in counts else [])
            for kind in kinds
        ],
        "here": address(state=state),
    }


def decisions(run: Run, query: Mapping[str, str]) -> Context:
    wanted = Wanted(**{name: query.get(name, "")[:500] for name in ("kind", "node", "ok")})
    before = query.get("before", "")
    by_section = query.get("as") == "sections"
    counts = runs.kinds_of(run)
    rows, more = ([], False) if by_section else runs_records.decisions(run, wanted, read_key(before))
    chosen = {"kind": wanted.kind, "node": wanted.node, "ok": wanted.ok}
    older = key_text(rows[-1].at, rows[-1].pk) if more and rows[-1].at else ""
    sections = [
        (kind, name, counts.get(kind, 0), runs_records.of_kind(run, kind, node=wanted.node) if kind in counts else [])
        for kind, name in DECISIONS.items()
    ]
    return {
        "rows": rows,
        "sections": sections if by_section else [],
        "by_section": by_section,
        "wanted": wanted,
        "kinds": [kind for kind in DECISIONS if kind in counts],
        "total": sum(counts.get(kind, 0) for kind in DECISIONS),
        "choices": [("", "Everything", address(node=wanted.node, ok=wanted.ok), 0)]
        + [
            (kind, name, address(**chosen | {"kind": kind}), counts[kind])
            for kind, name in DECISIONS.items()
            if kind in counts
        ],
        "as_timeline": address(**chosen),
        "as_sections": address(**chosen, **{"as": "sections"}),
        "filtered": any(chosen.values()),
        "older": address(**chosen, before=older) if older else "",
        "newest": address(**chosen) if before else "",
        "here": address(**chosen, before=before, **({"as": "sections"} if by_section else {})),
    }


def timeline(run: Run, query: Mapping[str, str]) -> Context:
    node, before = query.get("node", "")[:500], query.get("before", "")
    rows, more = runs_records.steps(run, node=node, before=read_key(before))
    older = key_text(rows[-1].at, rows[-1].pk) if more and rows[-1].at else ""
    return {
        "bars": step_bars(rows),
        "rows": rows,
        "chosen_node": node,
        "older": address(node=node, before=older) if older else "",
        "newest": address(node=node) if before else "",
        "here": address(node=node, before=before),
    }


def search(run: Run, query: Mapping[str, str]) -> Context:
    q, after = query.get("q", "")[:200], query.get("after", "")
    found = runs_search.search(run, q, after)
    return {
        "q": q,
        "hits": found.rows,
        "rows": found.rows,
        "older": address(q=q, after=found.next) if found.next else "",
        "newest": address(q=q) if after else "",
        "here": address(q=q, after=after),
    }


TABS: dict[str, Callable[[Run, Mapping[str, str]], Context]] = {
    "summary": summary,
    "dag": dag,
    "energy": energy,
    "llm": llm,
    "sandbox": sandbox,
    "decisions": decisions,
    "timeline": timeline,
    "search": search,
}


def address(**choices: str) -> str:
    return "?" + urlencode({name: value for name, value in choices.items() if value})


def run_or_404(external_id: str) -> Run:
    run = runs.run_called(external_id) or runs.run_called(f"{external_id}/")
    if run is None:
        raise Http404("There is no such session of perspt.")
    return run
