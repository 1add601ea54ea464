"""What is under way with an agent, told by whoever does it; and what is open for it."""

from datetime import timedelta
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Body, Query, Router

from dashboard.access.desk import in_desk
from dashboard.api.answers import answer, told
from dashboard.api.bodies import TransientEndIn, TransientIn
from dashboard.api.callers import READERS, REPORTERS, Caller, caller
from dashboard.api.rows import LooseEnds, TransientRow
from dashboard.api.words import Name
from dashboard.enums import TransientOutcome
from dashboard.models import Agent, ApiToken
from dashboard.selectors.rows import Row, transient_row
from dashboard.selectors.sight import shows
from dashboard.selectors.traffic import loose_ends
from dashboard.services.errors import Forbidden, Invalid, NotFound
from dashboard.services.transients import GIVES_UP_AFTER, begin_transient, end_transient

router = Router(tags=["roster"])

Outcome = Annotated[Literal["ok", "failed"] | None, Query(description="How it ended; or in the body.")]
Error = Annotated[str, Query(max_length=4_000, description="What went wrong; or in the body.")]


@router.post("/agents/{name}/transients", auth=REPORTERS, response=told({201: TransientRow, 200: TransientRow}))
async def begin(request: HttpRequest, name: Name, payload: TransientIn) -> HttpResponse:
    """Begin a lifecycle action. The same one again is the same one (200); another one supersedes it."""
    row, new = await in_desk(_begin, name, payload, caller(request).machine())
    return answer(row, 201 if new else 200)


@router.delete("/agents/{name}/transients", auth=REPORTERS, response=told({200: TransientRow}))
async def end(
    request: HttpRequest,
    name: Name,
    payload: Annotated[TransientEndIn | None, Body(description="How it ended; or in the query.")] = None,
    outcome: Outcome = None,
    error: Error = "",
) -> HttpResponse:
    """End what is under way, with its outcome."""
    if payload is not None:
        outcome, error = payload.outcome, payload.error
    if outcome is None:
        raise Invalid("Say how it ended.", fields={"outcome": "ok or failed"})
    return answer(await in_desk(_end, name, TransientOutcome(outcome), error, caller(request).machine()))


@router.get("/agents/{name}/loose-ends", auth=READERS, response=told({200: LooseEnds}))
async def open_for(request: HttpRequest, name: Name) -> HttpResponse:
    """What is open for an agent: its approvals, questions and reminders; a parent also sees those of its children."""
    return answer(await in_desk(_open_for, name, caller(request)))


def _begin(name: str, payload: TransientIn, token: ApiToken) -> tuple[Row, bool]:
    now = timezone.now()
    timeout = timedelta(seconds=payload.timeout_seconds) if payload.timeout_seconds else GIVES_UP_AFTER
    transient = begin_transient(name, payload.transient_kind, token=token, now=now, timeout=timeout)
    return transient_row(transient), transient.since == now


def _end(name: str, outcome: TransientOutcome, error: str, token: ApiToken) -> Row:
    return transient_row(end_transient(name, outcome=outcome, error=error, token=token, now=timezone.now()))


def _open_for(name: str, who: Caller) -> Row:
    if not shows(who.only, name):
        raise Forbidden("This token may not read of this agent.")
    agent = Agent.objects.filter(name=name).first()
    if agent is None:
        raise NotFound(f"There is no agent {name}.")
    now = timezone.now()
    return {"loose_ends": [end.as_json(now) for end in loose_ends(agent)]}
