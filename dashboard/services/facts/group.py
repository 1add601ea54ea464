"""A group of requests that become one transaction: the agents that speak in it, its events, and what each is told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from dashboard.events import DashboardEvent
from dashboard.ingest.text import one_line
from dashboard.models import Agent, ApiToken
from dashboard.selectors.rows import Row, agent_row
from dashboard.services.errors import Refused
from dashboard.services.log import append
from dashboard.services.roster import AGENT_FIELDS, check_name, set_parent, shown, take_word

WRITTEN = AGENT_FIELDS | {"parent", "silent", "status_set_at", "seen_by", "seen_at", "removed_at"}
"""The fields of an agent that its own words change."""


class Kind(Protocol):
    """One kind of fact."""

    name: str

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
    """An agent of the group. `known` is what a watcher was shown last, None if it is not on the roster yet."""

    agent: Agent
    known: Row | None
    spoke: bool = False


class Group:
    """The agents are locked from `meet` on; their rows are written by `save`, after everything else."""

    def __init__(self, cursor: CursorWrapper, now: datetime) -> None:
        self.cursor = cursor
        self.now = now
        self.at = int(now.timestamp())
        self.events: list[DashboardEvent] = []
        self._heard: dict[str, Heard] = {}

    def meet(self, names: Iterable[str]) -> None:
        """Read the rows of these agents, in one order for all processes, and make those that are missing."""
        wanted = sorted(set(names) - self._heard.keys())
        self._read(wanted)
        missing = [name for name in wanted if name not in self._heard]
        if missing:
            for name in missing:
                check_name(name)
            Agent.objects.bulk_create(
                [Agent(name=name, created_at=self.now) for name in missing], ignore_conflicts=True
            )
            self._read(missing, new=True)

    def hear(self, name: str, changes: Mapping[str, Any] | None = None, parent: str | None = None) -> Agent:
        """Take a word from an agent that was met, with what it changes."""
        heard = self._heard[name]
        if parent is not None:
            set_parent(heard.agent, parent)
        elif not changes and heard.spoke:
            return heard.agent
        heard.spoke = True
        heard.known, events = take_word(heard.agent, heard.known, now=self.now, seen_by="api", changes=changes or {})
        self.events += events
        return heard.agent

    def save(self) -> None:
        """Write the rows of all who spoke."""
        columns = [column for column in Agent._meta.concrete_fields if column.name in WRITTEN]  # noqa: SLF001
        places = ", ".join(f'"{column.column}" = %s' for column in columns)
        rows = [
            [
                *(column.get_db_prep_save(getattr(heard.agent, column.attname), connection) for column in columns),
                heard.agent.pk,
            ]
            for heard in self._heard.values()
            if heard.spoke
        ]
        if rows:
            self.cursor.executemany(f"UPDATE {Agent._meta.db_table} SET {places} WHERE id = %s", rows)  # noqa: S608, SLF001

    def _read(self, names: Sequence[str], *, new: bool = False) -> None:
        rows = Agent.objects.select_for_update(of=("self",)).select_related("parent").filter(name__in=names)
        for agent in rows.order_by("name"):
            absent = new or agent.removed_at is not None
            self._heard[agent.name] = Heard(agent, None if absent else shown(agent_row(agent)))


@transaction.atomic(durable=True)
def write_facts(group: Sequence[Sent], *, now: datetime) -> None:
    """Store what the requests of a group tell, and their events; fill in their answers.

    Raise Refused, and store nothing, if one of them cannot be; then they are to be tried one by one.
    """
    put_facts(group, now=now)


def put_facts(sent: Sequence[Sent], *, now: datetime, before: Sequence[DashboardEvent] = ()) -> None:
    """The same within a transaction; `before` are events that come first."""
    with connection.cursor() as cursor:
        group = Group(cursor, now)
        group.events += before
        group.meet(kind.speaker(fact) for one in sent for kind, facts in one.facts for fact in facts)
        for kind in dict.fromkeys(kind for one in sent for kind, _ in one.facts):
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
