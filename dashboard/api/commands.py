"""Orders: given by operators, fetched by agents, who say what became of them."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from dashboard.access.desk import in_desk
from dashboard.access.tokens import speaks_for
from dashboard.api.answers import answer, told
from dashboard.api.bodies import CommandIn, CommandOutcomeIn
from dashboard.api.callers import OPERATORS, REPORTERS, REPORTERS_AND_PEOPLE, caller
from dashboard.api.rows import CommandRow, Commands
from dashboard.api.words import Id, Name, Wait
from dashboard.enums import CommandStatus
from dashboard.live.waits import wait_for_ref
from dashboard.models import ApiToken, Command
from dashboard.selectors.rows import Row, command_row
from dashboard.selectors.sight import open_orders
from dashboard.services.actor import Actor
from dashboard.services.errors import Forbidden, NotFound
from dashboard.services.orders import issue_command, resolve_command

router = Router(tags=["commands"])


@router.post("/commands", auth=OPERATORS, response=told({201: CommandRow}))
async def issue(request: HttpRequest, payload: CommandIn) -> HttpResponse:
    """Order an agent to do something."""
    return answer(await in_desk(_issue, payload, caller(request).operator()), 201)


@router.get("/agents/{name}/commands", auth=REPORTERS_AND_PEOPLE, response=told({200: Commands}))
async def waiting(request: HttpRequest, name: Name, wait: Wait = 0) -> HttpResponse:
    """The open orders of an agent, oldest first; with `wait` the answer comes when there is one."""
    who = caller(request)
    if who.token is not None:
        speaks_for(who.token, name)
    seconds = min(wait, settings.MAX_WAIT)
    return answer(await wait_for_ref(f"agent:{name}", partial(_open, name), lambda row: bool(row["commands"]), seconds))


@router.post("/commands/{int:pk}/resolve", auth=REPORTERS, response=told({200: CommandRow}))
async def resolve(request: HttpRequest, pk: Id, payload: CommandOutcomeIn) -> HttpResponse:
    """The agent says what became of an order."""
    return answer(await in_desk(_resolve, pk, payload, caller(request).machine()))


def _issue(payload: CommandIn, by: Actor) -> Row:
    order = issue_command(payload.verb, payload.agent, by=by, reason=payload.reason, now=timezone.now())
    return command_row(order)


def _open(name: str) -> Row:
    return {"commands": [command_row(order) for order in open_orders(name)]}


def _resolve(pk: int, payload: CommandOutcomeIn, token: ApiToken) -> Row:
    order = Command.objects.select_related("agent").filter(pk=pk).first()
    if order is None:
        raise NotFound(f"There is no order {pk}.")
    if order.agent is None:
        raise Forbidden("This order is for no agent.")
    speaks_for(token, order.agent.name)
    status = CommandStatus(payload.status)
    done = resolve_command(pk, status=status, by=order.agent.name, error=payload.error, now=timezone.now())
    return command_row(done)
