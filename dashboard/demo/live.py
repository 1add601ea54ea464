"""The fleet at work: each moment one agent does something; what was decided is taken up by whoever asked."""

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

from dashboard.demo import steps
from dashboard.demo.cast import (
    CHATTER,
    CODERS,
    HARMLESS,
    MEMBERS,
    QUESTIONS,
    REMINDERS,
    REPLIES,
    RISKY,
    WANTED,
    Coder,
    Member,
    host_of,
)
from dashboard.demo.player import Player, keep_time
from dashboard.demo.story import base, session_id
from dashboard.enums import ActivityState, CommandStatus
from dashboard.models import Agent, AgentSession, Approval, Question, Transient
from dashboard.selectors.sight import open_orders
from dashboard.services.claude import Hold
from dashboard.services.errors import Refused
from dashboard.services.orders import resolve_command

MOST_WAITING = 11
SHORTEST, LONGEST = 0.4, 1.6
"""Seconds between two steps; so there are never more than two and a half a second."""
CARRIED_OUT: dict[str, dict[str, Any]] = {
    "pause": {"paused": True},
    "resume": {"paused": False},
    "stop": {"running": False, "state": "ended"},
}
BACK_AT_WORK: dict[str, Any] = {"running": True, "state": "working", "failed": False, "needs_login": False}


class Live:
    """`step` lets one thing happen; `run` does so until its time is over."""

    def __init__(self, player: Player, rng: Random, *, clock: Callable[[], datetime]) -> None:
        self.player, self.rng, self.clock = player, rng, clock
        self.done = 0
        self.waiting = {(type(ask), ask.pk) for ask in self._pending()}
        self.busy: dict[str, tuple[str, dict[str, Any]]] = {}

    def run(
        self, *, sleep: Callable[[float], None], monotonic: Callable[[], float], seconds: float | None = None
    ) -> None:
        until = None if seconds is None else monotonic() + seconds
        while until is None or monotonic() < until:
            self.step()
            sleep(self.rng.uniform(SHORTEST, LONGEST))

    def step(self) -> None:
        """The clock first, then orders and answers, then one agent of its own accord."""
        now = self.clock()
        self.player.now = now
        keep_time(now)
        try:
            if not (self._obey(now) or self._take_up(now)):
                self._of_its_own_accord()
        except Refused as refused:  # somebody was quicker, which is what a console is for
            self.player.refused = [*self.player.refused[-99:], refused.message]
        self.done += 1

    # --- what people decided --------------------------------------------------------------------------------------

    def _obey(self, now: datetime) -> bool:
        """Carry out one order that a person gave."""
        for member in (*MEMBERS, *CODERS):
            for order in open_orders(member.name)[:1]:
                changes = CARRIED_OUT.get(order.verb, BACK_AT_WORK)
                self._report(member.name, **changes, status_text=f"{order.verb}: {order.reason}")
                resolve_command(order.pk, status=CommandStatus.DONE, by=member.name, now=now)
                return True
        return False

    def _take_up(self, now: datetime) -> bool:
        """Let one agent go on whose request or question has ended."""
        pending = {(type(ask), ask.pk): ask for ask in self._pending()}
        ended = sorted(self.waiting - pending.keys(), key=lambda key: key[1])
        self.waiting |= pending.keys()
        if not ended:
            return False
        self.waiting.discard(ended[0])
        model, pk = ended[0]
        ask = model.objects.select_related("agent", "session").get(pk=pk)
        if ask.door == "hook" and ask.session:
            self._hook_goes_on(ask, now)
        else:
            self._member_goes_on(ask)
        return True

    def _hook_goes_on(self, ask: Approval | Question, now: datetime) -> None:
        host = host_of(ask.agent.name)
        tool = ask.tool_name if isinstance(ask, Approval) else "AskUserQuestion"
        given = (ask.tool_input or {}) if isinstance(ask, Approval) else {}
        said = {"session_id": ask.session.external_id, "cwd": ask.session.cwd} if ask.session else {}
        call = said | {"tool_name": tool, "tool_input": given, "tool_use_id": ask.tool_use_id}
        if ask.status in ("approved", "answered"):
            self.player.went_on(host, call | {"hook_event_name": "PreToolUse"}, at=now)
            self._event(host, call | {"hook_event_name": "PostToolUse"})
        else:
            self._event(host, call | {"hook_event_name": "PostToolUseFailure", "error": ask.note or ask.status})

    def _member_goes_on(self, ask: Approval | Question) -> None:
        what = getattr(ask, "command", "") or getattr(ask, "description", "") or getattr(ask, "question", "")
        verb = {"approved": "carries out", "answered": "knows now", "denied": "looks for another way than"}
        text = f"{verb.get(ask.status, 'goes on without')}: {what}"
        self._report(ask.agent.name, state="working", running=True, status_text=text)
        self.player.play(steps.ReadInbox(ago=0, agent=ask.agent.name), self.player.now)

    # --- what they do by themselves -------------------------------------------------------------------------------

    def _of_its_own_accord(self) -> None:
        asking = {ask.agent.name for ask in self._pending()}
        away = set(Agent.objects.filter(paused=True).values_list("name", flat=True))
        away |= set(Agent.objects.filter(running=False, runtime__in=("hyperhive",)).values_list("name", flat=True))
        free = [one for one in (*CODERS, *MEMBERS) if one.name not in asking | away]
        room = len(asking) < MOST_WAITING
        if not free:
            return
        one = self.rng.choice(free)
        if isinstance(one, Coder):
            self._code(one, room=room)
        else:
            self._work(one, room=room)

    def _code(self, coder: Coder, *, room: bool) -> None:
        """The next hook event of a session of Claude Code."""
        session = AgentSession.objects.filter(agent__name=coder.name, source="claude").order_by("-seen_at").first()
        if session is None or session.state == ActivityState.ENDED:
            said = base(coder, session_id(self.rng))
            self._event(
                coder.host, said | {"hook_event_name": "SessionStart", "source": "startup", "model": coder.model}
            )
            return
        said = {"session_id": session.external_id, "cwd": session.cwd}
        if session.state not in ("working", "waiting"):
            prompt = self.rng.choice(coder.prompts)
            self._event(coder.host, said | {"hook_event_name": "UserPromptSubmit", "prompt": prompt})
            return
        if coder.name in self.busy:
            tool, given = self.busy.pop(coder.name)
            self._event(coder.host, said | _call("PostToolUse", tool, given))
            return
        chance = self.rng.random()
        if chance < 0.25 and room:
            tool, given = self.rng.choice(RISKY)
            self._event(coder.host, said | _call("PermissionRequest", tool, given), hold=self.rng.uniform(40, 300))
        elif chance < 0.32:
            self._event(
                coder.host, said | {"hook_event_name": "Stop", "last_assistant_message": "Done; tests are green."}
            )
        else:
            self.busy[coder.name] = tool, given = self.rng.choice(HARMLESS)
            self._event(coder.host, said | _call("PreToolUse", tool, given))

    def _work(self, member: Member, *, room: bool) -> None:
        """One thing that an agent of the API does; a colleague's question comes first, more often than not."""
        question = Question.objects.filter(target=member.name, status="pending").order_by("id").first()
        if question is not None and self.rng.random() < 0.6:
            self._answer(question)
            return
        deeds = (self._say, self._ask, self._wonder, self._remind, self._rebuild)
        deed = self.rng.choices((None, *deeds), (46, 16, 16, 10, 4, 8))[0]
        if deed is None or (deed in (self._ask, self._wonder) and not room):
            task = self.rng.choice(("reviews #318", "runs the tests", "reads the log of staging", "writes the notes"))
            self._report(member.name, state="working", running=True, status_text=f"{task}, {self.rng.randint(2, 98)} %")
        else:
            deed(member)

    def _say(self, member: Member) -> None:
        to = self.rng.choice([other.name for other in MEMBERS if other != member] + ["operator"])
        body = self.rng.choice(self.rng.choice(CHATTER))
        self._play(steps.Say(ago=0, sender=member.name, to=to, body=body))
        if to != "operator":
            self._play(steps.ReadInbox(ago=0, agent=to))

    def _ask(self, member: Member) -> None:
        given = dict(self.rng.choice(WANTED)) | {"deadline_seconds": self.rng.uniform(45, 400), "blocking": True}
        given["on_deadline"] = self.rng.choice(("expire", "deny"))
        self._report(member.name, state="waiting", status_text="waits for an approval")
        self._play(steps.Ask(ago=0, key="live", agent=member.name, given=given))

    def _wonder(self, member: Member) -> None:
        peer = self.rng.choice([other.name for other in MEMBERS if other != member])
        given = {"ttl_seconds": self.rng.uniform(60, 600)} | ({"target": peer} if self.rng.random() < 0.5 else {})
        self._play(steps.Wonder(ago=0, key="live", agent=member.name, parts=(self.rng.choice(QUESTIONS),), given=given))

    def _remind(self, member: Member) -> None:
        text, seconds = self.rng.choice(REMINDERS), self.rng.uniform(20, 300)
        self._play(steps.Remind(ago=0, agent=member.name, text=text, seconds=seconds))

    def _rebuild(self, _: Member) -> None:
        """Begin a lifecycle action, or end what is under way."""
        under_way = Transient.objects.filter(ended_at=None).select_related("agent").order_by("id").first()
        if under_way is None:
            self._play(steps.Begin(ago=0, agent=self.rng.choice(("rook", "quill", "moth")), kind="restarting"))
        else:
            self._play(steps.End(ago=0, agent=under_way.agent.name))
            self._report(under_way.agent.name, state="idle", running=True, needs_update=False, status_text="back again")

    def _answer(self, question: Question) -> None:
        texts = [text for text, _, _ in QUESTIONS]
        known = question.question in texts
        self.player.asks["peer"] = question
        reply = REPLIES[texts.index(question.question)] if known else "Whatever you think is right."
        self._play(steps.Answer(ago=0, key="peer", answers=(reply,) * len(question.parts)))

    # --- ways to the services -------------------------------------------------------------------------------------

    def _pending(self) -> list[Approval | Question]:
        """What the demo's own agents wait for."""
        ours = {"status": "pending", "token__in": [token.pk for token in self.player.tokens.values()]}
        approvals = Approval.objects.filter(**ours).select_related("agent")
        return [*approvals, *Question.objects.filter(**ours).select_related("agent")]

    def _event(self, host: str, payload: dict[str, Any], *, hold: float = 60) -> None:
        self.player.hook(host, payload, at=self.player.now, hold=Hold(seconds=hold))

    def _report(self, name: str, **changes: Any) -> None:
        self._play(steps.Report(ago=0, agent=name, changes=changes))

    def _play(self, step: steps.Step) -> None:
        self.player.play(step, self.player.now)


def _call(event: str, tool: str, given: dict[str, Any]) -> dict[str, Any]:
    return {"hook_event_name": event, "tool_name": tool, "tool_input": given}
