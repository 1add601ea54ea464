"""The door of Claude Code's hooks: who is let in, what is held, and what is answered."""

import asyncio
import json

import pytest

from dashboard.doors import claude as door
from dashboard.live.desk import in_desk
from dashboard.live.process import PROCESS_ID
from dashboard.models import Agent, Approval, Question
from dashboard.services.approvals import resolve_approval
from dashboard.services.questions import answer_question, cancel_question
from dashboard.services.tokens import create_token, revoke_token
from tests.dashboard.doors.knock import Knock, until
from tests.dashboard.services.hooks import BASH, COLOURS, payload
from tests.dashboard.services.makers import ANA

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

PERMISSION = payload("PermissionRequest", tool_name="Bash", tool_input=BASH)
CALL = payload("PreToolUse", tool_name="Bash", tool_input=BASH, tool_use_id="toolu_1")


def now():
    from django.utils import timezone

    return timezone.now()


@pytest.fixture
async def token():
    _, text = await in_desk(create_token, "hel-1", by=ANA, now=now())
    return text


def knock(token, body, query="", **options):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"} | options.pop("headers", {})
    return Knock(door.application, query=query, body=body, headers=headers, **options)


async def pending(model=Approval):
    return await until(lambda: in_desk(model.objects.select_related("agent").filter(status="pending").first))


async def decide(ask, status, note="", **more):
    await in_desk(resolve_approval, ask.pk, status=status, digest=ask.digest, by=ANA, note=note, now=now(), **more)


# --- who is let in ---------------------------------------------------------------------------------------------------


async def test_what_only_tells_something_is_answered_at_once(token):
    assert await knock(token, payload("UserPromptSubmit", prompt="go")).answer() == (200, {})
    assert await in_desk(Agent.objects.values_list("name", "state").get) == ("hel-1-shop", "working")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"headers": {"Authorization": ""}}, 401, "unauthorized"),
        ({"headers": {"Authorization": "Bearer ppt_wrong"}}, 401, "unauthorized"),
        ({"headers": {"Content-Type": "text/plain"}}, 400, "bad_request"),
        ({"headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 400, "bad_request"),
        ({"headers": {"Origin": "http://127.0.0.1:8000"}}, 403, "forbidden"),
        ({"headers": {"Origin": "null"}}, 403, "forbidden"),
        ({"method": "GET"}, 405, "method_not_allowed"),
        ({"path": "/hooks/gemini"}, 404, "not_found"),
        ({"query": "hold=0"}, 422, "invalid"),
        ({"query": "hold=3601"}, 422, "invalid"),
        ({"query": "hold=nan"}, 422, "invalid"),
        ({"query": "hold=soon"}, 422, "invalid"),
        ({"body": b"{"}, 400, "bad_request"),
        ({"body": b"[]"}, 400, "bad_request"),
        ({"body": {"hook_event_name": "Stop"}}, 422, "invalid"),
        ({"body": payload("Stop", session=7)}, 422, "invalid"),
    ],
)
async def test_what_is_wrong_is_refused_in_json_and_changes_nothing(token, change, status, code):
    options = {"body": payload("Stop")} | change
    answer = await knock(token, options.pop("body"), **options).answer()

    assert (answer[0], answer[1]["error"]["code"]) == (status, code)
    assert not await in_desk(Agent.objects.exists)


async def test_a_body_without_a_length_is_read_in_pieces_up_to_a_limit(token, monkeypatch):
    monkeypatch.setattr(door, "BODY_LIMIT", 1000)
    call = knock(token, payload("Stop"))
    text = call.pieces[0]
    call.pieces = [text[:50], text[50:60], text[60:], b""]
    assert await call.answer() == (200, {})

    call = knock(token, None)
    call.pieces = [b"x" * 400] * 10
    status, body = await call.answer()
    assert (status, body["error"]["code"], len(call.pieces)) == (413, "too_large", 7)


async def test_a_declared_length_beyond_the_limit_is_refused_unread(token):
    call = knock(token, payload("Stop"), headers={"Content-Length": str(33 * 2**20)})

    assert (await call.answer())[0] == 413
    assert len(call.pieces) == 1


async def test_a_token_without_the_scope_is_refused():
    _, text = await in_desk(create_token, "reader", by=ANA, now=now(), scopes=["read"])
    assert (await knock(text, payload("Stop")).answer())[0] == 403

    _, text = await in_desk(create_token, "reporter", by=ANA, now=now(), scopes=["report"])
    assert (await knock(text, payload("Stop")).answer())[0] == 200
    assert (await knock(text, PERMISSION).answer())[0] == 403


async def test_a_revoked_token_is_refused():
    row, text = await in_desk(create_token, "hel-1", by=ANA, now=now())
    await in_desk(revoke_token, row.pk, by=ANA, reason="lost", now=now())

    assert (await knock(text, payload("Stop")).answer())[0] == 401


# --- what is held ----------------------------------------------------------------------------------------------------


async def test_a_permission_is_held_until_a_person_allows_it(token):
    call = knock(token, PERMISSION).start()
    approval = await pending()
    assert (approval.holder, call.answered) == (PROCESS_ID, False)

    await decide(approval, "approved")
    assert await call.answer() == (
        200,
        {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": {"behavior": "allow"}}},
    )
    assert await in_desk(Agent.objects.values_list("state", flat=True).get) == "working"


async def test_a_denial_carries_the_reason_for_the_model_to_read(token):
    call = knock(token, PERMISSION).start()
    await decide(await pending(), "denied", note="Not before the changelog is written.")

    assert (await call.answer())[1]["hookSpecificOutput"]["decision"] == {
        "behavior": "deny",
        "message": "Denied in the console by ana: Not before the changelog is written.",
    }


async def test_what_is_allowed_for_the_session_is_what_was_offered(token):
    rule = {"toolName": "Bash", "ruleContent": "make deploy"}
    offered = {"type": "addRules", "rules": [rule], "behavior": "allow", "destination": "localSettings"}
    call = knock(token, PERMISSION | {"permission_suggestions": [offered]}).start()
    approval = await pending()
    foreign = {"type": "setMode", "mode": "bypassPermissions", "destination": "session"}
    await decide(approval, "approved", granted=[*approval.suggestions, foreign])

    assert (await call.answer())[1]["hookSpecificOutput"]["decision"] == {
        "behavior": "allow",
        "updatedPermissions": [offered | {"destination": "session"}],
    }


async def test_a_permission_that_nobody_answers_is_no_decision(token):
    assert await knock(token, PERMISSION, "hold=1").answer() == (200, {})
    assert await in_desk(Agent.objects.values_list("state", flat=True).get) == "waiting"  # in its terminal
    assert await in_desk(Approval.objects.values_list("status", "resolved_by").get) == ("expired", "deadline")


async def test_the_gate_answers_silence_with_a_denial_that_says_so(token):
    status, body = await knock(token, CALL, "gate=1&hold=1").answer()

    assert status == 200
    assert body["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert (
        "Nobody approved this in the console within 1 second" in body["hookSpecificOutput"]["permissionDecisionReason"]
    )


async def test_the_gate_allows_what_was_approved(token):
    call = knock(token, CALL, "gate=1").start()
    approval = await pending()
    await decide(approval, "approved")

    assert (await call.answer())[1]["hookSpecificOutput"] == {
        "hookEventName": "PreToolUse",
        "permissionDecision": "allow",
        "permissionDecisionReason": f"Approved in the console by ana (#{approval.pk}).",
    }


async def test_the_gate_never_allows_what_was_withdrawn(token):
    call = knock(token, CALL, "gate=1").start()
    await pending()
    await knock(token, payload("Stop")).answer()

    assert (await call.answer())[1]["hookSpecificOutput"]["permissionDecision"] == "deny"


async def test_a_card_that_was_answered_in_the_terminal_gets_no_decision(token):
    call = knock(token, PERMISSION).start()
    await pending()
    await knock(token, payload("PostToolUse", tool_name="Bash", tool_input=BASH, tool_use_id="t")).answer()

    assert await call.answer() == (200, {})


async def test_a_body_cannot_switch_the_gate_on_or_off(token):
    assert await knock(token, CALL | {"gate": "1", "hold": 1}).answer() == (200, {})


async def test_a_question_at_the_gate_is_answered_with_its_own_input(token):
    asked = payload("PreToolUse", tool_name="AskUserQuestion", tool_input=COLOURS, tool_use_id="toolu_q")
    call = knock(token, asked, "gate=1").start()
    question = await pending(Question)
    await in_desk(answer_question, question.pk, answers={"Which colour?": "Red"}, by=ANA, now=now())

    output = (await call.answer())[1]["hookSpecificOutput"]
    assert output["permissionDecision"] == "allow"
    assert output["updatedInput"] == COLOURS | {"answers": {"Which colour?": "Red"}}


async def test_a_question_that_was_closed_or_not_answered_is_denied(token):
    asked = payload("PreToolUse", tool_name="AskUserQuestion", tool_input=COLOURS, tool_use_id="toolu_q")
    call = knock(token, asked, "gate=1").start()
    await in_desk(cancel_question, (await pending(Question)).pk, by=ANA, now=now())
    assert "closed in the console by ana" in json.dumps((await call.answer())[1])

    _, body = await knock(token, asked | {"tool_use_id": "toolu_r"}, "gate=1&hold=1").answer()
    assert "Nobody answered in the console within 1 second" in json.dumps(body)
    assert body["hookSpecificOutput"]["permissionDecision"] == "deny"


async def test_a_plan_is_allowed_together_with_its_input(token):
    plan = payload("PreToolUse", tool_name="ExitPlanMode", tool_input={"plan": "1. test"}, tool_use_id="toolu_p")
    call = knock(token, plan, "gate=1").start()
    await decide(await pending(), "approved")

    assert (await call.answer())[1]["hookSpecificOutput"]["updatedInput"] == {"plan": "1. test"}


async def test_a_hang_up_withdraws_the_request_at_once(token):
    call = knock(token, PERMISSION).start()
    approval = await pending()
    call.hang_up()
    assert await call.answer() is None

    await in_desk(approval.refresh_from_db)
    assert (approval.status, approval.resolved_by) == ("withdrawn", "hel-1-shop")


async def test_two_connections_with_the_same_request_get_the_same_answer_and_one_may_leave(token):
    first = knock(token, PERMISSION).start()
    approval = await pending()
    second = knock(token, PERMISSION).start()
    await until(lambda: _listeners(approval, 2))
    first.hang_up()
    assert await first.answer() is None

    await decide(approval, "approved")
    assert (await second.answer())[1]["hookSpecificOutput"]["decision"] == {"behavior": "allow"}
    assert await in_desk(Approval.objects.count) == 1
    assert not door._listening


async def _listeners(approval, number):
    return door._listening[f"approval:{approval.pk}"] == number


async def test_many_are_held_without_a_thread_each(token):
    calls = [
        knock(token, payload("PermissionRequest", tool_name="Bash", tool_input={"command": f"make {n}"})).start()
        for n in range(60)
    ]
    await until(lambda: _waiting(60), within=20)
    for approval in await in_desk(lambda: list(Approval.objects.all())):
        await decide(approval, "approved")

    answers = await asyncio.gather(*(call.answer(within=20) for call in calls))
    assert {status for status, _ in answers} == {200}
    assert all(body["hookSpecificOutput"]["decision"] == {"behavior": "allow"} for _, body in answers)


async def _waiting(number):
    return await in_desk(Approval.objects.filter(status="pending").count) == number


async def test_trouble_with_the_database_is_said_and_does_not_stop_the_door(token, monkeypatch):
    from django.db import OperationalError

    def broken(*args, **kwargs):
        raise OperationalError("locked")

    monkeypatch.setattr(door.claude, "observe", broken)
    monkeypatch.setattr(door.claude, "put_observation", broken)
    status, body = await knock(token, payload("Stop")).answer()

    assert (status, body["error"]["code"]) == (503, "unavailable")


async def test_one_line_is_written_about_each_request_and_never_the_token(token, caplog):
    with caplog.at_level("INFO", logger="dashboard.request"):
        await knock(token, payload("Stop")).answer()

    lines = [record.getMessage() for record in caplog.records if record.name == "dashboard.request"]
    assert len(lines) == 1
    assert lines[0].startswith("POST /hooks/claude Stop 200 in ")
    assert token not in lines[0]
