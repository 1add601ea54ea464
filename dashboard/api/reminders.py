"""Reminders: what agents tell themselves for later."""

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from dashboard.access.desk import in_desk
from dashboard.api.answers import answer, told
from dashboard.api.bodies import ReminderIn
from dashboard.api.callers import ASKERS, ASKERS_AND_OPERATORS, READERS, Caller, caller
from dashboard.api.rows import ReminderRow, Reminders
from dashboard.api.words import AgentFilter, Id, Limit
from dashboard.models import ApiToken
from dashboard.selectors.rows import Row, reminder_row
from dashboard.selectors.sight import names_within
from dashboard.selectors.traffic import open_reminders, reminder_by_id
from dashboard.services.errors import Invalid, NotFound
from dashboard.services.reminders import add_reminder, cancel_reminder

router = Router(tags=["reminders"])


@router.post("/reminders", auth=ASKERS, response=told({201: ReminderRow}))
async def add(request: HttpRequest, payload: ReminderIn) -> HttpResponse:
    """Have a message put into an agent's own inbox at a later time."""
    return answer(await in_desk(_add, payload, caller(request).machine()), 201)


@router.get("/reminders", auth=READERS, response=told({200: Reminders}))
async def listed(request: HttpRequest, agent: AgentFilter = "", limit: Limit = 50) -> HttpResponse:
    """Reminders to come, the next one first."""
    return answer(await in_desk(_listed, agent, limit, caller(request)))


@router.post("/reminders/{int:pk}/cancel", auth=ASKERS_AND_OPERATORS, response=told({200: ReminderRow}))
async def cancel(request: HttpRequest, pk: Id) -> HttpResponse:
    """Take a reminder back: the agent itself, or an operator."""
    return answer(await in_desk(_cancel, pk, caller(request)))


def _add(payload: ReminderIn, token: ApiToken) -> Row:
    now = timezone.now()
    if (payload.due_at is None) == (payload.in_seconds is None):
        raise Invalid("Say when: either `due_at` or `in_seconds`.", fields={"due_at": "one of the two"})
    if payload.due_at is None:
        due_at = now + timedelta(seconds=payload.in_seconds or 0)
    else:
        due_at = datetime.fromtimestamp(payload.due_at, UTC)
    return reminder_row(add_reminder(payload.agent, payload.message, due_at=due_at, token=token, now=now))


def _listed(agent: str, limit: int, who: Caller) -> Row:
    rows = open_reminders()
    if agent:
        rows = rows.filter(agent__name=agent)
    if who.only is not None:
        rows = rows.filter(agent__name__in=names_within(who.only))
    return {"reminders": [reminder_row(row) for row in rows[:limit]]}


def _cancel(pk: int, who: Caller) -> Row:
    reminder = reminder_by_id(pk)
    if reminder is None:
        raise NotFound(f"There is no reminder {pk}.")
    by = who.person.name if who.person else reminder.agent.name
    return reminder_row(cancel_reminder(pk, by=by, token=who.token, now=timezone.now()))
