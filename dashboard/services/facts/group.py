"""A group of requests that become one transaction: the agents that speak in it, its events, and what each is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from dashboard.events import DashboardEvent
from dashboard.ingest.text import one_line
from dashboard.models import Agent, ApiToken
from dashboard.services.errors import Refused
from dashboard.services.log import append
from dashboard.services.roster import AGENT_FIELDS, Look, check_name, look_of, set_parent, take_word

WRITTEN = AGENT_FIELDS | {"parent", "silent", "status_set_at", "seen_by", "seen_at", "removed_at"}
"""The fields of an agent that its own words change."""


class Kind(Protocol):
    """One kind of fact."""

    name: str
    changes_speaker: bool
    """Whether a fact tells of the agent that speaks, so that its row has to be at hand."""

    def speaker(self, fact: Any) -> str:
        """The name of the agent that speaks; its row is read, or made, before anything is written."""

    def write(self, group: "Group", told: Sequence[tuple["Sent", Sequence[Any]]]) -> None:
        """Write the facts of all requests of the group, and answer each. Raise Refused for one that cannot be."""


@dataclass(slots=True, eq=False)
class Sent:
    """What one request tells, whose it is, and what it is answered: a JSON object for each kind."""

    token: ApiToken
    facts: Sequence[tuple[Kind, Sequence[Any]]]
    answer: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(len(facts) for _, facts in self.facts)


@dataclass(slots=True)
class Heard:
    """An agent of the group whose row is at hand. `known` is how it looked to watchers, None if not at all."""

    agent: Agent
    known: Look | None
    spoke: bool = False


class Group:
    """The agents are locked from `meet` on; their rows are written by `save`, after everything else.

    Of most who speak nothing changes but when they were seen, so their rows need not be read: they are `present`.
    """

    def __init__(self, cursor: CursorWrapper, now: datetime) -> None:
        self.cursor = cursor
        self.now = now
        self.at = int(now.timestamp())
        self.events: list[DashboardEvent] = []
        self._heard: dict[str, Heard] = {}
        self._present: dict[str, int] = {}
        self._seen: set[int] = set()

    def meet(self, named: set[str], changing: set[str]) -> None:
        """Lock all who speak, in one order for all processes, and make those that are missing.

        `changing` are those of them that tell something of themselves.
        """
        self.cursor.execute(_QUIET.format(", ".join(["%s"] * len(named))), sorted(named))
        self._present = {name: pk for name, pk in self.cursor.fetchall() if name not in changing}
        wanted = sorted(named - self._present.keys())
        if not wanted:
            return
        self._read(wanted)
        missing = [name for name in wanted if name not in self._heard]
        if missing:
            for name in missing:
                check_name(name)
            Agent.objects.bulk_create(
                [Agent(name=name, created_at=self.now) for name in missing], ignore_conflicts=True
            )
            self._read(missing, new=True)

    def hear(self, name: str, changes: Mapping[str, Any] | None = None, parent: str | None = None) -> None:
        """Take a word from an agent that was met, with what it changes."""
        pk = self._present.get(name)
        if pk is not None:
            self._seen.add(pk)
            return
        heard = self._heard[name]
        if parent is not None:
            set_parent(heard.agent, parent)
        elif not changes and heard.spoke:
            return
        heard.spoke = True
        heard.known, events = take_word(heard.agent, heard.known, now=self.now, seen_by="api", changes=changes or {})
        self.events += events

    def row(self, name: str) -> Agent:
        """The row of an agent that was met."""
        heard = self._heard.get(name)
        return heard.agent if heard else Agent.objects.get(pk=self._present[name])

    def save(self) -> None:
        """Write the rows of all who spoke."""
        moment = connection.ops.adapt_datetimefield_value(self.now)
        if self._seen:
            places = ", ".join(["%s"] * len(self._seen))
            self.cursor.execute(_SEEN.format(places), [moment, "api", *sorted(self._seen)])
        rows = [self._row(heard.agent) for heard in self._heard.values() if heard.spoke]
        if rows:
            self.cursor.executemany(_UPDATE, rows)

    def _row(self, agent: Agent) -> list[Any]:
        values = [getattr(agent, column) for column in _COLUMNS]
        adapt = connection.ops.adapt_datetimefield_value
        return [*(adapt(value) if isinstance(value, datetime) else value for value in values), agent.pk]

    def _read(self, names: Sequence[str], *, new: bool = False) -> None:
        rows = Agent.objects.select_for_update(of=("self",)).select_related("parent").filter(name__in=names)
        for agent in rows.order_by("name"):
            absent = new or agent.removed_at is not None
            self._heard[agent.name] = Heard(agent, None if absent else look_of(agent))


_AGENTS = Agent._meta.db_table  # noqa: SLF001
_COLUMNS = tuple(column.attname for column in Agent._meta.concrete_fields if column.name in WRITTEN)  # noqa: SLF001
_UPDATE = f"UPDATE {_AGENTS} SET {', '.join(f'{name} = %s' for name in _COLUMNS)} WHERE id = %s"  # noqa: S608
_SEEN = f"UPDATE {_AGENTS} SET seen_at = %s, seen_by = %s WHERE id IN ({{}})"  # noqa: S608
_QUIET = (
    f"SELECT name, id FROM {_AGENTS} WHERE name IN ({{}}) AND NOT silent AND removed_at IS NULL"  # noqa: S608
    f" ORDER BY name{' FOR UPDATE' if connection.vendor == 'postgresql' else ''}"
)


@transaction.atomic(durable=True)
def write_facts(group: Sequence[Sent], *, now: datetime) -> None:
    """Store what the requests of a group tell, and their events; fill in their answers.

    Raise Refused, and store nothing, if one of them cannot be; then they are to be tried one by one.
    """
    put_facts(group, now=now)


def put_facts(sent: Sequence[Sent], *, now: datetime, before: Sequence[DashboardEvent] = ()) -> None:
    """The same within a transaction; `before` are events that come first."""
    if not sent:
        append(*before)
        return
    with connection.cursor() as cursor:
        group = Group(cursor, now)
        group.events += before
        told = [(kind, facts) for one in sent for kind, facts in one.facts]
        group.meet(
            {kind.speaker(fact) for kind, facts in told for fact in facts},
            {kind.speaker(fact) for kind, facts in told if kind.changes_speaker for fact in facts},
        )
        for kind in dict.fromkeys(kind for kind, _ in told):
            kind.write(group, [(one, facts) for one in sent for which, facts in one.facts if which is kind])
        group.save()
    append(*group.events)


def new_ids(cursor: CursorWrapper, table: str, count: int) -> Sequence[int]:
    """Numbers, rising, for `count` rows that are about to be inserted into a table with a key that counts up."""
    if connection.vendor == "postgresql":
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [row[0] for row in cursor.fetchall()]
    # The write lock is held: nobody else takes a number now, and SQLite counts on from the largest that it is given.
    cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
    row = cursor.fetchone()
    last = int(row[0]) if row else 0
    return range(last + 1, last + count + 1)


def at_fact(refused: Refused, kind: str, number: int) -> Refused:
    """The same refusal, with its fields named by their place in the body."""
    refused.fields = {f"{kind}.{number}.{name}": words for name, words in refused.fields.items()} or {
        f"{kind}.{number}": one_line(refused.message, 200)
    }
    return refused
