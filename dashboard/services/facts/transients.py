"""Lifecycle actions that begin and end, many at a time; as `services.transients` does for one."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from dashboard.enums import TransientOutcome
from dashboard.services.errors import Refused
from dashboard.services.facts.group import Group, Sent, at_fact
from dashboard.services.transients import GIVES_UP_AFTER, put_end, put_transient


class Action(Protocol):
    """`transient_kind` begins an action, `outcome` (ok or failed) with `error` ends the one that is under way."""

    agent: str
    transient_kind: str | None
    timeout_seconds: float | None
    outcome: str | None
    error: str


class Transients:
    name = "transients"
    changes_speaker = False

    def speaker(self, fact: Action) -> str:
        return fact.agent

    def write(self, group: Group, told: Sequence[tuple[Sent, Sequence[Action]]]) -> None:
        for sent, actions in told:
            for number, action in enumerate(actions):
                try:
                    self._take(group, sent, action)
                except Refused as refused:
                    raise at_fact(refused, self.name, number) from None
            begun = sum(action.outcome is None for action in actions)
            sent.answer[self.name] = {"begun": begun, "ended": len(actions) - begun}

    def _take(self, group: Group, sent: Sent, action: Action) -> None:
        group.hear(action.agent)
        agent = group.row(action.agent)
        if action.outcome is not None:
            _, events = put_end(agent.name, outcome=TransientOutcome(action.outcome), error=action.error, now=group.now)
        else:
            timeout = timedelta(seconds=action.timeout_seconds) if action.timeout_seconds else GIVES_UP_AFTER
            kind = action.transient_kind or ""
            _, events = put_transient(agent, kind, token=sent.token, now=group.now, timeout=timeout)
        group.events += events
