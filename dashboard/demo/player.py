"""Carries the demo's steps out, each by the service that a door would call. Writes nothing by itself."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import singledispatchmethod
from typing import Any

from dashboard.demo import steps
from dashboard.demo.cast import HOSTS, PEOPLE, SYSTEM_HOST, host_of
from dashboard.enums import CommandStatus, Door, Role, TransientOutcome
from dashboard.ingest.claude import HookFact, read_hook
from dashboard.models import ApiToken, Approval, Message, Question, Reminder
from dashboard.services.actor import Actor
from dashboard.services.approvals import (
    ApprovalDraft,
    ask_approval,
    expire_approvals,
    resolve_approval,
    take_back_approval,
)
from dashboard.services.claude import Hold, note_answered, observe
from dashboard.services.errors import Refused
from dashboard.services.messages import read_inbox, send_as_operator, send_message
from dashboard.services.orders import issue_command, resolve_command
from dashboard.services.questions import (
    Part,
    QuestionDraft,
    answer_as_peer,
    answer_question,
    ask_question,
    expire_questions,
)
from dashboard.services.reminders import add_reminder, cancel_reminder, deliver_reminders
from dashboard.services.roster import report_agent, session_of_asker
from dashboard.services.tokens import create_token
from dashboard.services.transients import begin_transient, end_transient, give_up_transients

DEMO = Actor("demo", role=Role.ADMIN, door=Door.COMMAND_LINE)


class Player:
    """Plays steps against `now`. What a step named by its `key` made is found again by it."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self.asks: dict[str, Approval | Question] = {}
        self.messages: dict[str, Message] = {}
        self.reminders: dict[str, Reminder] = {}
        self.refused: list[str] = []
        self.tokens: dict[str, ApiToken] = {}

    def prepare(self, *, ago: float = 0) -> None:
        """Have a token for each host: those of an earlier demo, or new ones. Nobody knows their texts."""
        for host in HOSTS:
            known = ApiToken.objects.filter(name=host, created_by=DEMO.name, revoked_at=None).first()
            self.tokens[host] = known or create_token(host, by=DEMO, now=self.now - timedelta(seconds=ago))[0]

    def play_all(self, story: Iterable[steps.Step]) -> int:
        """Play in the order of time; return how many steps were carried out.

        A console that serves the same database may be quicker than the story, so a refusal is noted and passed over.
        """
        played = 0
        for step in sorted(story, key=lambda step: -step.ago):
            try:
                self.play(step, self.now - timedelta(seconds=step.ago))
            except Refused as refused:
                self.refused.append(f"{type(step).__name__}: {refused.message}")
            else:
                played += 1
        return played

    @singledispatchmethod
    def play(self, step: steps.Step, _at: datetime) -> None:
        raise TypeError(f"no way to play {step!r}")

    @play.register
    def _hook(self, step: steps.Hook, at: datetime) -> None:
        ask = self.hook(step.host, step.payload, at=at, hold=Hold(seconds=step.hold, gate=step.gate))
        if step.key and ask is not None:
            self.asks[step.key] = ask

    @play.register
    def _report(self, step: steps.Report, at: datetime) -> None:
        report_agent(step.agent, changes=step.changes, parent=step.parent, now=at)

    @play.register
    def _ask(self, step: steps.Ask, at: datetime) -> None:
        token = self.token_of(step.agent)
        session = session_of_asker(step.agent, step.session, token=token, now=at) if step.session else None
        draft = ApprovalDraft(agent=step.agent, **step.given)
        self.asks[step.key], _ = ask_approval(draft, session=session, token=token, now=at)

    @play.register
    def _decide(self, step: steps.Decide, at: datetime) -> None:
        ask = self.asks[step.key]
        resolve_approval(ask.pk, status=step.status, digest=ask.digest, by=person(step.by), note=step.note, now=at)

    @play.register
    def _take_back(self, step: steps.TakeBack, at: datetime) -> None:
        ask = self.asks[step.key]
        name, token = ask.agent.name, self.token_of(ask.agent.name)
        take_back_approval(ask.pk, status=step.status, token=token, by=name, note=step.note, now=at)

    @play.register
    def _wonder(self, step: steps.Wonder, at: datetime) -> None:
        parts = tuple(Part(text, options=options, multi=multi) for text, options, multi in step.parts)
        draft = QuestionDraft(asker=step.agent, parts=parts, **step.given)
        self.asks[step.key], _ = ask_question(draft, token=self.token_of(step.agent), now=at)

    @play.register
    def _answer(self, step: steps.Answer, at: datetime) -> None:
        question = self.asks[step.key]
        if not isinstance(question, Question):
            raise TypeError(f"{step.key} is no question")
        texts = [part["question"] for part in question.parts]
        answers = dict(zip(texts, step.answers, strict=True))
        if step.by:
            answer_question(question.pk, answers=answers, by=person(step.by), digest=question.digest, now=at)
        else:
            answer_as_peer(question.pk, answers=answers, token=self.token_of(question.target), now=at)

    @play.register
    def _say(self, step: steps.Say, at: datetime) -> None:
        answered = self.messages[step.reply_to].pk if step.reply_to else None
        if step.by:
            message = send_as_operator(step.to, step.body, by=person(step.by), reply_to=answered, now=at)
        else:
            token = self.token_of(step.sender)
            message = send_message(step.sender, step.to, step.body, token=token, reply_to=answered, now=at)
        if step.key:
            self.messages[step.key] = message

    @play.register
    def _read_inbox(self, step: steps.ReadInbox, at: datetime) -> None:
        read_inbox(step.agent, now=at)

    @play.register
    def _remind(self, step: steps.Remind, at: datetime) -> None:
        due = at + timedelta(seconds=step.seconds)
        reminder = add_reminder(step.agent, step.text, due_at=due, token=self.token_of(step.agent), now=at)
        if step.key:
            self.reminders[step.key] = reminder

    @play.register
    def _forget(self, step: steps.Forget, at: datetime) -> None:
        cancel_reminder(self.reminders[step.key].pk, by=step.by, now=at)

    @play.register
    def _begin(self, step: steps.Begin, at: datetime) -> None:
        begin_transient(step.agent, step.kind, token=self.tokens[SYSTEM_HOST], now=at)

    @play.register
    def _end(self, step: steps.End, at: datetime) -> None:
        outcome = TransientOutcome(step.outcome)
        end_transient(step.agent, outcome=outcome, error=step.error, token=self.tokens[SYSTEM_HOST], now=at)

    @play.register
    def _order(self, step: steps.Order, at: datetime) -> None:
        order = issue_command(step.verb, step.agent, by=person(step.by), reason=step.reason, now=at)
        if step.took is not None:
            status = CommandStatus.FAILED if step.error else CommandStatus.DONE
            done = at + timedelta(seconds=step.took)
            resolve_command(order.pk, status=status, by=step.agent, error=step.error, now=done)

    @play.register
    def _clock(self, _: steps.Clock, at: datetime) -> None:
        keep_time(at)

    def hook(self, host: str, payload: Any, *, at: datetime, hold: Hold) -> Approval | Question | None:
        """What the door for hooks does with an event."""
        return observe(fact_of(payload), self.tokens[host], hold=hold, now=at)

    def went_on(self, host: str, payload: Any, *, at: datetime) -> None:
        """What the door for hooks does when its answer is on its way."""
        note_answered(fact_of(payload), self.tokens[host], now=at)

    def token_of(self, agent: str) -> ApiToken:
        return self.tokens[host_of(agent)]


def person(name: str) -> Actor:
    return Actor(name, address=PEOPLE[name])


def fact_of(payload: Any) -> HookFact:
    fact = read_hook(payload)
    if not isinstance(fact, HookFact):
        raise TypeError(f"{fact.sentence} {payload!r}")
    return fact


def keep_time(now: datetime) -> int:
    """What the engine of a serving console does each second; whoever comes first."""
    clocks: tuple[Callable[..., int], ...] = (expire_approvals, expire_questions, give_up_transients, deliver_reminders)
    return sum(clock(now=now) for clock in clocks)
