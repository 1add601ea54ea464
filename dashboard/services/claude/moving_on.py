"""What no longer waits: no event announces that a dialog was answered in the terminal, so later events have to tell.

Two kinds of asks wait here. A *card* (PermissionRequest, or a question that the terminal asks) stands beside a dialog
in the terminal; whatever shows that its thread went on withdraws it. A *gate* holds the call itself, so calls beside
it prove nothing: only the same call, or the end of the turn or of the session, ends it. When the agent hangs up, the
door withdraws either at once.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from dashboard.enums import Door
from dashboard.events import DashboardEvent
from dashboard.ingest.claude import HookFact, progresses
from dashboard.models import Approval, Question
from dashboard.services.actor import TERMINAL, Actor
from dashboard.services.asks import withdraw_all
from dashboard.services.claude.presence import Presence

Events = list[DashboardEvent]

SIBLINGS = timedelta(seconds=1.5)
"""Parallel calls of one message announce themselves within this time, while the first still asks."""

OF_ONE_CALL = {
    "PostToolUse": "Answered in the agent's terminal: the call ran.",
    "PostToolUseFailure": "Answered in the agent's terminal: the call was made, and failed.",
    "PermissionDenied": "Claude Code's own rules denied the call.",
}
TURN_IS_OVER = {
    "UserPromptSubmit": "The agent was given a new prompt.",
    "Stop": "The agent's turn ended.",
    "StopFailure": "The agent's turn ended with an error.",
    "SessionEnd": "The session ended.",
    "SubagentStop": "The subagent ended.",
}
WENT_ON = "The agent went on: this was answered in its terminal."
SUBAGENT_PROGRESS = frozenset({"PreToolUse", "PostToolBatch", "SubagentStop"})


def withdraw_what_is_past(fact: HookFact, seen: Presence, *, now: datetime) -> Events:
    """Withdraw the session's asks that this event shows to be past; return the events to append."""
    if fact.event in OF_ONE_CALL:
        return _withdraw(seen, _same_call(fact), TERMINAL, OF_ONE_CALL[fact.event], now)
    if not (progresses(fact) or (fact.agent_id and fact.event in SUBAGENT_PROGRESS)):
        return []
    whose = Q() if _ends_everything(fact) else Q(agent=seen.agent)
    if fact.event in TURN_IS_OVER:
        agent = Actor(seen.agent.name, door=Door.HOOK)
        return _withdraw(seen, whose, agent, TURN_IS_OVER[fact.event], now)
    if fact.event == "PreToolUse":
        whose &= Q(asked_at__lte=now - SIBLINGS)
        if fact.tool_use_id:
            whose &= ~Q(tool_use_id=fact.tool_use_id)
    return _withdraw(seen, whose, TERMINAL, WENT_ON, now, only_cards=True)


def _same_call(fact: HookFact) -> Q:
    """PermissionRequest names no call, so a card is found by what the call was to do."""
    same = Q(match_key=fact.match_key)
    return Q(tool_use_id=fact.tool_use_id) | (same & Q(tool_use_id="")) if fact.tool_use_id else same


def _ends_everything(fact: HookFact) -> bool:
    """Whether subagents are past their asks too; those in the background outlive a turn and a tool call."""
    if fact.event == "Stop":
        return not fact.background_tasks
    return fact.event in ("UserPromptSubmit", "StopFailure", "SessionEnd")


def _withdraw(  # noqa: PLR0913  what, of whom, and what is said about it
    seen: Presence, which: Q, by: Actor, note: str, now: datetime, *, only_cards: bool = False
) -> Events:
    approvals = Approval.objects.filter(which, session=seen.session, door="hook")
    questions = Question.objects.filter(which, session=seen.session, door="hook")
    if only_cards:
        approvals, questions = approvals.filter(gate=False), questions.filter(in_terminal=True)
    return [
        *withdraw_all(approvals, by=by, note=note, now=now),
        *withdraw_all(questions, by=by, note=note, now=now),
    ]
