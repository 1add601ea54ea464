"""Finished turns as agents tell them by the API: the shape of one, and how many of them are stored at once.

The columns are those of hyperhive's `turn_stats`, with the spellings of this console.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Annotated, Any, Protocol

from django.db.backends.utils import CursorWrapper
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from dashboard.enums import AGENT_NAME
from dashboard.events import DashboardEvent, TurnEnded
from dashboard.ingest.redaction import safe
from stats.models import Turn, TurnTool

LATEST = 4_102_444_800
LARGEST = 2**53
MOST_TOOLS = 500

Count = Annotated[int | None, Field(ge=0, le=LARGEST)]
Small = Annotated[int | None, Field(ge=0, le=2**31 - 1)]
Moment = Annotated[int, Field(ge=0, le=LATEST, description="Unix seconds.")]
Words = Annotated[str, StringConstraints(max_length=120, pattern=r"^[^\x00]*$")]


class TurnIn(BaseModel):
    """One finished turn. What is not known is left out or null, never 0."""

    model_config = ConfigDict(extra="forbid")

    agent: str = Field(pattern=f"^{AGENT_NAME}$", description="Whose turn it was.", examples=["mara"])
    session_id: str | None = Field(None, max_length=300, pattern=r"^[^\x00]*$", description="The session it was in.")
    started_at: Moment
    ended_at: Moment
    duration_ms: int | None = Field(None, ge=0, le=LARGEST, description="If not given, from the two times.")
    model: Words = Field("", description="The model that was asked for.")
    model_reported: Words | None = Field(None, description="The model that answered.")
    wake_from: Words = Field("", description="Who sent what woke it: operator, an agent, system …")
    wake_kind: str = Field("unknown", max_length=20, pattern="^[a-z_]*$", description="operator, peer, reminder …")
    result_kind: str = Field(
        min_length=1, max_length=40, pattern="^[A-Za-z0-9_.-]+$", description="ok, failed, prompt_too_long …"
    )
    note: str | None = Field(None, max_length=2_000, pattern=r"^[^\x00]*$", description="The error, if there was one.")
    input_tokens: Count = Field(None, description="Sums over the turn, as are the next three.")
    output_tokens: Count = Field(None, description="What the model wrote.")
    cache_read_input_tokens: Count = Field(None, description="What it read from its cache.")
    cache_creation_input_tokens: Count = Field(None, description="What it put into its cache.")
    last_input_tokens: Count = Field(None, description="Of the last model request, as are the next three.")
    last_output_tokens: Count = Field(None, description="What it wrote last.")
    last_cache_read_input_tokens: Count = Field(None, description="What it read from its cache last.")
    last_cache_creation_input_tokens: Count = Field(None, description="What it put into its cache last.")
    context_window: Count = Field(None, description="How many tokens the model can take.")
    num_turns: Small = Field(None, description="Model round trips.")
    duration_api_ms: Count = Field(None, description="Of it, waiting for the model.")
    cost_usd_micros: Count = Field(None, description="What the agent says it cost, in millionths of a dollar.")
    tool_call_count: Small = Field(None, description="If not given, the sum of `tools`.")
    tools: dict[
        Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00]*$")],
        Annotated[int, Field(ge=0, le=2**31 - 1)],
    ] = Field(
        default_factory=dict, max_length=MOST_TOOLS, description="How often each tool was used.", examples=[{"Bash": 3}]
    )
    permission_denial_count: Small = Field(None, description="How often a tool was not allowed.")
    open_threads_count: Small = Field(None, description="What was open when it ended.")
    open_reminders_count: Small = Field(None, description="How many reminders were open.")

    @model_validator(mode="after")
    def _in_order(self) -> "TurnIn":
        if self.ended_at < self.started_at:
            raise ValueError("ended_at is before started_at")
        return self

    def lasted(self) -> int:
        return (self.ended_at - self.started_at) * 1000 if self.duration_ms is None else self.duration_ms

    def calls(self) -> int | None:
        if self.tool_call_count is None and self.tools:
            return min(sum(self.tools.values()), 2**31 - 1)
        return self.tool_call_count


class Group(Protocol):
    """What is needed of a group of requests that are written together."""

    cursor: CursorWrapper
    at: int
    events: list[DashboardEvent]

    def hear(self, name: str) -> None: ...


class Sent(Protocol):
    answer: dict[str, Any]


_TABLE = Turn._meta.db_table  # noqa: SLF001
_OURS = ("duration_ms", "tool_call_count", "note", "source")
_PLAIN = tuple(
    field.name
    for field in Turn._meta.concrete_fields  # noqa: SLF001
    if field.name not in {"id", *_OURS}
)
_plain = attrgetter(*_PLAIN)
_INSERT = (
    f"INSERT INTO {_TABLE} ({', '.join(('id', *_PLAIN, *_OURS))})"  # noqa: S608
    f" VALUES ({', '.join(['%s'] * (1 + len(_PLAIN) + len(_OURS)))})"
    " ON CONFLICT DO NOTHING"
)
_TOOL = f"INSERT INTO {TurnTool._meta.db_table} (turn_id, tool, calls) VALUES (%s, %s, %s)"  # noqa: S608, SLF001


class Turns:
    """The kind of fact: stored once each; whoever tells a turn again learns that it is known."""

    name = "turns"
    changes_speaker = False

    def __init__(self, new_ids: "NewIds") -> None:
        self._new_ids = new_ids

    def speaker(self, fact: TurnIn) -> str:
        return fact.agent

    def write(self, group: Group, told: Sequence[tuple[Sent, Sequence[TurnIn]]]) -> None:
        turns = [turn for _, facts in told for turn in facts]
        ids = self._new_ids(group.cursor, _TABLE, len(turns))
        group.cursor.executemany(_INSERT, [_row(pk, turn) for pk, turn in zip(ids, turns, strict=True)])
        stored = _stored(group.cursor, ids)
        tools = []
        for pk, turn in zip(ids, turns, strict=True):
            if pk in stored:
                group.hear(turn.agent)
                tools += [(pk, tool, calls) for tool, calls in _tools(turn).items()]
                group.events.append(_ended(turn, group.at))
        if tools:
            group.cursor.executemany(_TOOL, tools)
        _answer(told, ids, stored)


class NewIds(Protocol):
    def __call__(self, cursor: CursorWrapper, table: str, count: int) -> Sequence[int]: ...


def _stored(cursor: CursorWrapper, ids: Sequence[int]) -> set[int]:
    cursor.execute(f"SELECT id FROM {_TABLE} WHERE id BETWEEN %s AND %s", [ids[0], ids[-1]])  # noqa: S608
    return {row[0] for row in cursor.fetchall()}


def _answer(told: Iterable[tuple[Sent, Sequence[TurnIn]]], ids: Sequence[int], stored: set[int]) -> None:
    numbers = iter(ids)
    for sent, facts in told:
        new = sum(next(numbers) in stored for _ in facts)
        sent.answer["turns"] = {"stored": new, "known": len(facts) - new}


def _row(pk: int, turn: TurnIn) -> tuple[Any, ...]:
    note = None if turn.note is None else safe(turn.note)
    return (pk, *_plain(turn), turn.lasted(), turn.calls(), note, "api")


def _tools(turn: TurnIn) -> Counter[str]:
    """The calls under names that may be kept; two that are the same then are one."""
    counts: Counter[str] = Counter()
    for tool, calls in turn.tools.items():
        counts[safe(tool)] += calls
    return counts


def _ended(turn: TurnIn, now: int) -> TurnEnded:
    return TurnEnded(
        at=min(turn.ended_at, now),
        agent=turn.agent,
        session=turn.session_id,
        result_kind=turn.result_kind,
        duration_ms=turn.lasted(),
    )
