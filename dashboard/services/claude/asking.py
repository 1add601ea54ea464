"""What a hook asks of a person: a permission, a call held by the gate, or questions.

Who is held for how long, and whether the gate is on, is said by the address that `connect` wrote, never by the body.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from dashboard.enums import OnDeadline, Scope
from dashboard.events import DashboardEvent
from dashboard.ingest.claude import READ_ONLY_TOOLS, HookFact, describe_ask, read_questions, session_suggestions
from dashboard.models import ApiToken, Approval, Question
from dashboard.services.approvals import ApprovalDraft, put_approval
from dashboard.services.asks import PENDING, AskType
from dashboard.services.claude.presence import Presence, note_waiting
from dashboard.services.errors import Forbidden
from dashboard.services.questions import Part, QuestionDraft, put_question

Events = list[DashboardEvent]
ASK_USER = "AskUserQuestion"
TEXT_LENGTH = 400_000


@dataclass(frozen=True, slots=True)
class Hold:
    """How long a reply may be held, and by which serving process (`holder`); `gate` also holds calls before they run.

    The gate is for agents without a terminal: nobody else is asked there, so silence denies.
    """

    seconds: float = 50
    gate: bool = False
    holder: str = ""


def put_ask(
    fact: HookFact, seen: Presence, token: ApiToken, *, hold: Hold, now: datetime
) -> tuple[Approval | Question | None, Events]:
    """Put what the event asks into the queue. Return the ask that the reply waits for (None: nothing to wait for)."""
    gated = hold.gate and fact.event == "PreToolUse" and fact.tool_name not in READ_ONLY_TOOLS
    asked = gated or fact.event == "PermissionRequest"
    if asked and not token.may(Scope.ASK):
        raise Forbidden("This token may report, but not ask.")
    if fact.tool_name == ASK_USER and fact.event in ("PreToolUse", "PermissionRequest") and read_questions(fact):
        question, events = _put_question(fact, seen, token, hold=hold, gated=gated, now=now)
        return (question if gated else None), events
    if not asked:
        return None, []
    approval, events = _put_approval(fact, seen, token, hold=hold, gated=gated, now=now)
    if gated:
        events = [*note_waiting(seen, f"asks: {_doing(fact)}", now=now), *events]
    return approval, events


def _put_approval(  # noqa: PLR0913  what is asked, by whom, and how it is held
    fact: HookFact, seen: Presence, token: ApiToken, *, hold: Hold, gated: bool, now: datetime
) -> tuple[Approval, Events]:
    ask = describe_ask(fact)
    draft = ApprovalDraft(
        agent=seen.agent.name,
        approval_kind=ask.approval_kind,
        description=_bounded(ask.description) or None,
        command=ask.command or None,
        cwd=ask.cwd or None,
        diff=_bounded(ask.diff) or None,
        tool_input=dict(ask.tool_input),
        deadline_seconds=hold.seconds,
        on_deadline=OnDeadline.DENY if gated else OnDeadline.EXPIRE,
        door="hook",
        tool_name=fact.tool_name,
        tool_use_id=fact.tool_use_id,
        paths=ask.paths,
        match_key=fact.match_key,
        gate=gated,
        blocking=True,
        holder=hold.holder,
        suggestions=[] if gated else session_suggestions(fact.suggestions),
    )
    waiting = (
        _waiting_already(Approval.objects.all(), fact, seen, now).filter(gate=gated, digest=draft.digest()).first()
    )
    if waiting is not None:
        return _taken_over(waiting, hold), []
    return put_approval(draft, seen.agent, session=seen.session, token=token, now=now)


def _put_question(  # noqa: PLR0913  as above
    fact: HookFact, seen: Presence, token: ApiToken, *, hold: Hold, gated: bool, now: datetime
) -> tuple[Question, Events]:
    """Without the gate the terminal's own dialog asks, and only that can be answered."""
    parts = tuple(
        Part(part.question, part.header, tuple((one.label, one.description) for one in part.options), part.multi)
        for part in read_questions(fact)
    )
    draft = QuestionDraft(
        asker=seen.agent.name,
        parts=parts,
        ttl_seconds=hold.seconds if gated else None,
        door="hook",
        tool_use_id=fact.tool_use_id,
        match_key=fact.match_key,
        in_terminal=not gated,
        blocking=True,
        holder=hold.holder if gated else "",
    )
    waiting = _waiting_already(Question.objects.filter(digest=draft.digest()), fact, seen, now).first()
    if waiting is not None:
        return _taken_over(waiting, hold) if gated else waiting, []
    return put_question(draft, seen.agent, session=seen.session, token=token, now=now)


def _waiting_already(asks: QuerySet[AskType], fact: HookFact, seen: Presence, now: datetime) -> QuerySet[AskType]:
    """The same call, asked again: by a client that lost its connection, or by another hook of the same call."""
    found = asks.filter(status=PENDING, session=seen.session, agent=seen.agent, match_key=fact.match_key)
    if fact.tool_use_id:
        found = found.filter(tool_use_id=fact.tool_use_id)
    return found.exclude(deadline_at__lte=now).select_related("agent", "session")


def _taken_over(ask: AskType, hold: Hold) -> AskType:
    """Whoever holds the connection now is the one who will hear the answer; the deadline stays."""
    type(ask).objects.filter(pk=ask.pk, status=PENDING).update(holder=hold.holder)
    ask.holder = hold.holder
    return ask


def _bounded(text: str) -> str:
    """A text that a card can show; the whole input stays with the request."""
    if len(text) <= TEXT_LENGTH:
        return text
    return f"{text[:TEXT_LENGTH]}\n… cut here, {len(text) - TEXT_LENGTH} more characters: read the tool's input"


def _doing(fact: HookFact) -> str:
    return f"{fact.tool_name} {fact.tool_input.get('command') or ''}".strip()
