"""The session and the agent of a run, and the events of a run that changed."""

from datetime import datetime
from typing import Any

from dashboard.enums import ActivityState, Source
from dashboard.events import DashboardEvent, SessionChanged
from dashboard.ingest.perspt import values, vocabulary
from dashboard.ingest.text import one_line
from dashboard.models import AgentSession, Run, Store
from dashboard.selectors.rows import session_row, unix
from dashboard.services.claude.naming import agent_name
from dashboard.services.log import append
from dashboard.services.roster import put_agent

HOST = "perspt"


def put_run(store: Store, row: dict[str, Any], run: Run | None) -> tuple[Run, bool]:
    """Take a row of `sessions`; return its run, and whether there is anything new in it."""
    offset = store.zone_offset
    new = {
        "task": values.text(row.get("task")),
        "working_dir": values.text(row.get("working_dir")),
        "merkle_root": values.short(values.hexadecimal(row.get("merkle_root")), 200, "merkle_root"),
        "toolchain": values.short(row.get("detected_toolchain"), 200, "detected_toolchain"),
        "status": values.short(row.get("status"), 200, "status"),
        "started_at": values.moment(row.get("created_at"), offset),
        "updated_at": values.moment(row.get("updated_at"), offset),
    }
    if run is not None:
        if all(getattr(run, name) == value for name, value in new.items()):
            return run, False
        for name, value in new.items():
            setattr(run, name, value)
        run.save(update_fields=[*new])
        return run, True
    session = _session(values.short(row.get("session_id"), 300, "session_id"), new)
    if Run.objects.filter(session=session).exists():
        raise values.BadValue("it was read from another store before")
    return Run.objects.create(session=session, store=store, **new), True


def finish(run: Run, events: list[DashboardEvent], *, now: datetime) -> None:
    """Bring session and agent up to the run and tell of it. The last call of a transaction: it appends."""
    session = run.session
    state = vocabulary.activity(run.status)
    seen = run.last_activity_at or run.started_at or session.started_at
    session.state, session.seen_at, session.silent = state, max(seen, session.started_at), False
    session.status_text = run.status[:300]
    over = state == ActivityState.ENDED
    session.ended_at = max(seen, run.updated_at or seen, session.started_at) if over else None
    session.save()
    agent = session.agent
    more: list[DashboardEvent] = []
    if agent.seen_at is None or seen >= agent.seen_at:
        doing = ActivityState.IDLE if over else state
        changes = {"runtime": "perspt", "state": doing, "running": not over}
        _, more = put_agent(agent.name, now=seen, seen_by="store", changes=changes)
    changed = SessionChanged(at=unix(now) or 0, agent=agent.name, session=session_row(session))
    append(*more, *events, changed)


def _session(external_id: str, new: dict[str, Any]) -> AgentSession:
    if not external_id:
        raise values.BadValue("it has no id")
    started = new["started_at"]
    if started is None:
        raise values.BadValue("it has no time")
    known = AgentSession.objects.filter(source=Source.PERSPT, external_id=external_id).select_related("agent").first()
    if known is not None:
        return known
    agent, _ = put_agent(agent_name(HOST, new["working_dir"]), now=started, seen_by="store")
    return AgentSession.objects.create(
        agent=agent,
        source=Source.PERSPT,
        external_id=external_id,
        title=one_line(new["task"], 300),
        cwd=new["working_dir"][:1000],
        started_at=started,
        seen_at=started,
    )
