"""Turns as agents tell them: each stored once, what is unknown stays unknown, what is secret stays out."""

import json

import pytest

from dashboard.live.desk import in_desk
from dashboard.models import Event
from stats.models import Turn, TurnTool
from tests.dashboard.doors.facts import TURNS, a_token, a_turn, tell

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


async def turns(*fields):
    return await in_desk(lambda: list(Turn.objects.order_by("id").values_list(*fields)))


async def tools():
    return await in_desk(lambda: sorted(TurnTool.objects.values_list("tool", "calls")))


async def test_what_is_not_told_is_unknown_and_never_zero():
    await tell(await a_token(), a_turn(), TURNS)

    known = await turns("agent", "duration_ms", "source", "wake_kind", "result_kind")
    unknown = await turns(
        "input_tokens", "last_input_tokens", "cost_usd_micros", "tool_call_count", "note", "session_id"
    )
    assert known == [("mara", 42_000, "api", "unknown", "ok")]
    assert unknown == [(None,) * 6]


async def test_zero_is_zero():
    await tell(await a_token(), a_turn(input_tokens=0, tool_call_count=0, cost_usd_micros=0, duration_ms=0), TURNS)

    assert await turns("input_tokens", "tool_call_count", "cost_usd_micros", "duration_ms") == [(0, 0, 0, 0)]


async def test_tools_are_counted_in_rows_of_their_own():
    await tell(await a_token(), a_turn(tools={"Bash": 3, "Read": 0}), TURNS)

    assert await tools() == [("Bash", 3), ("Read", 0)]
    assert await turns("tool_call_count") == [(3,)]


async def test_the_same_turn_is_stored_once_within_a_body_and_across():
    token = await a_token()
    same = [a_turn(), a_turn(note="again", tools={"Bash": 1}), a_turn(duration_ms=5), a_turn(wake_from="jo")]

    first = await tell(token, {"turns": same}, TURNS)
    second = await tell(token, {"turns": same}, TURNS)

    assert (first, second) == ((200, {"turns": {"stored": 3, "known": 1}}), (200, {"turns": {"stored": 0, "known": 4}}))
    assert await turns("note") == [(None,)] * 3
    assert await tools() == []


async def test_a_new_turn_is_told_to_who_watches():
    await tell(await a_token(), a_turn(session_id="s-1", result_kind="failed", ended_at=4_000_000_000), TURNS)

    frame = json.loads(await in_desk(Event.objects.values_list("frame", flat=True).get, kind="turn_ended"))
    assert frame.pop("at") < 4_000_000_000  # what ends in the future is told now
    assert frame == {
        "seq": frame["seq"],
        "kind": "turn_ended",
        "agent": "mara",
        "session": "s-1",
        "result_kind": "failed",
        "duration_ms": 2_300_000_000_000,
    }


async def test_secrets_in_notes_and_names_of_tools_are_cut_out():
    body = a_turn(note="password=hunter2x9", tools={"token=abc123xyz": 1, "token=other456": 2})

    await tell(await a_token(), body, TURNS)

    assert await turns("note") == [("password=[redacted]",)]
    assert await tools() == [("token=[redacted]", 3)]
