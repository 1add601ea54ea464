"""Facts in numbers, as the description shows them. A server that knows `doors/facts.py` answers them there."""

from collections.abc import Callable, Coroutine
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from pydantic import BaseModel

from dashboard.api.answers import answer, told
from dashboard.api.callers import Machine, caller
from dashboard.api.rows import Stored
from dashboard.doors.facts import FactDoor

SENTENCES = {
    "batch": "Up to 1,000 facts at once: all of them are stored, or none. They may be of several kinds.",
    "turns": "Finished turns, one or up to 1,000; a turn that is known already is stored once.",
}


def add_fact_calls(api: NinjaAPI, door: FactDoor) -> None:
    """Describe and serve what the door takes."""
    for path, shape in door.bodies.items():
        word = path.rsplit("/", 1)[-1]
        call = _call_of(door, shape)
        call.__doc__ = SENTENCES[word]
        api.post(
            path.removeprefix("/api"),
            auth=[Machine(*door.scopes_of(shape))],
            response=told({200: Stored}),
            operation_id=word,
            tags=["facts"],
            summary=SENTENCES[word].partition(":")[0].partition(",")[0],
        )(call)


def _call_of(door: FactDoor, shape: type[BaseModel]) -> Callable[..., Coroutine[Any, Any, HttpResponse]]:
    async def take(request: HttpRequest, payload: BaseModel) -> HttpResponse:
        return answer(await door.take(caller(request).machine(), payload))

    take.__annotations__["payload"] = shape
    return take
