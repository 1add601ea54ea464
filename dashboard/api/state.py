"""The snapshot and the history of the log."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from dashboard.access.desk import in_desk
from dashboard.api.answers import answer, told
from dashboard.api.callers import READERS, caller
from dashboard.api.rows import History, Snapshot
from dashboard.api.words import LARGEST_ID, AgentFilter, Limit
from dashboard.selectors.sight import history, snapshot_within

router = Router(tags=["state"])

After = Annotated[int | None, Query(ge=0, le=LARGEST_ID, description="The last number you have; 0 is all.")]
Epoch = Annotated[str, Query(max_length=64, pattern="^[A-Za-z0-9]*$", description="The epoch of that number.")]
Kinds = Annotated[str, Query(max_length=1_000, pattern="^[a-z_,]*$", description="Only these kinds, with commas.")]


@router.get("/state", auth=READERS, response=told({200: Snapshot}))
async def state(request: HttpRequest) -> HttpResponse:
    """Everything that is open now, and the number from which the feed goes on."""
    return answer(await in_desk(snapshot_within, caller(request).only))


@router.get("/events", auth=READERS, response=told({200: History}), by_alias=True)
async def events(  # noqa: PLR0913, PLR0917  a history is what it is asked for
    request: HttpRequest,
    after: After = None,
    epoch: Epoch = "",
    kinds: Kinds = "",
    agent: AgentFilter = "",
    limit: Limit = 200,
) -> HttpResponse:
    """What happened after a number, in order; without one the newest. Ask on with the `seq` of the answer."""
    wanted = frozenset(kind for kind in kinds.split(",") if kind)
    only = caller(request).only
    found = await in_desk(history, after=after, epoch=epoch, kinds=wanted, agent=agent, only=only, limit=limit)
    frames = ",".join(found.pop("events"))  # they are JSON already
    rest = answer(found).content.decode()
    return HttpResponse(f'{rest[:-1]},"events":[{frames}]}}', content_type="application/json")
