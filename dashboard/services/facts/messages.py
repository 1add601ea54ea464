"""Messages, many at a time; as `services.messages.send_message` does for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db import connection

from dashboard.enums import EVERYONE, OPERATOR
from dashboard.events import Sent as SentEvent
from dashboard.ingest.redaction import Redacted
from dashboard.models import Agent, Delivery, Message
from dashboard.services.errors import NotFound, Refused
from dashboard.services.facts.group import Group, Sent, at_fact, new_ids
from dashboard.services.messages import answered_message, clean_body

_TABLE = Message._meta.db_table  # noqa: SLF001
_COLUMNS = "id, sender, recipient, body, sent_at, reply_to_id, thread_id, actor, token_id, redacted"
_MESSAGE = f"INSERT INTO {_TABLE} ({_COLUMNS}) VALUES ({', '.join(['%s'] * 10)})"  # noqa: S608
_DELIVERY = f"INSERT INTO {Delivery._meta.db_table} (message_id, recipient) VALUES (%s, %s)"  # noqa: S608, SLF001


class Letter(Protocol):
    sender: str
    to: str
    body: str
    reply_to: int | None


@dataclass(slots=True)
class Checked:
    """A message that may be stored."""

    letter: Letter
    body: Redacted
    reply_to: Message | None
    token_id: int


class Messages:
    name = "messages"
    changes_speaker = False

    def speaker(self, fact: Letter) -> str:
        return fact.sender

    def write(self, group: Group, told: Sequence[tuple[Sent, Sequence[Letter]]]) -> None:
        present = self._present(told)
        checked = [
            self._check(group, letter, sent, number, present)
            for sent, letters in told
            for number, letter in enumerate(letters)
        ]
        ids = new_ids(group.cursor, _TABLE, len(checked))
        moment = connection.ops.adapt_datetimefield_value(group.now)
        rows, inboxes = [], []
        for pk, one in zip(ids, checked, strict=True):
            letter, reply = one.letter, one.reply_to
            thread = (reply.thread_id or reply.pk) if reply else None
            rows.append(
                (
                    pk,
                    letter.sender,
                    letter.to,
                    one.body.text,
                    moment,
                    reply.pk if reply else None,
                    thread,
                    "",
                    one.token_id,
                    one.body.count,
                )
            )
            names = sorted(present - {letter.sender}) if letter.to == EVERYONE else (letter.to,)
            inboxes += [(pk, name) for name in names]
            group.events.append(
                SentEvent(at=group.at, message_id=pk, from_=letter.sender, to=letter.to, body=one.body.text)
            )
        group.cursor.executemany(_MESSAGE, rows)
        group.cursor.executemany(_DELIVERY, inboxes)
        numbers = iter(ids)
        for sent, letters in told:
            sent.answer[self.name] = {"ids": [next(numbers) for _ in letters]}

    def _present(self, told: Sequence[tuple[Sent, Sequence[Letter]]]) -> set[str]:
        """Which of the recipients there are; all agents of the roster where someone writes to everyone."""
        wanted = {letter.to for _, letters in told for letter in letters}
        found = set(Agent.objects.filter(name__in=wanted).values_list("name", flat=True))
        if EVERYONE in wanted:
            found |= set(Agent.objects.filter(removed_at=None).values_list("name", flat=True))
        return found

    def _check(self, group: Group, letter: Letter, sent: Sent, number: int, present: set[str]) -> Checked:
        try:
            group.hear(letter.sender)
            if letter.to not in present and letter.to not in (OPERATOR, EVERYONE):
                raise NotFound(f"There is no agent {letter.to!r}.")
            body = clean_body(letter.body)
            return Checked(letter, body, answered_message(letter.reply_to, letter.sender), sent.token.pk)
        except Refused as refused:
            raise at_fact(refused, self.name, number) from None
