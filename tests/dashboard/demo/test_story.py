"""The demo's story: the same for the same seed, played through the services without a refusal, on every page."""

from datetime import timedelta
from random import Random

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from dashboard.demo.live import Live
from dashboard.demo.player import Player
from dashboard.demo.present import present
from dashboard.demo.story import hired, session_id, story
from dashboard.enums import Scope
from dashboard.models import (
    Agent,
    AgentSession,
    ApiToken,
    Approval,
    Command,
    Decision,
    Message,
    Question,
    Reminder,
    Transient,
)
from dashboard.selectors.queue import peer_questions, queue
from dashboard.services.approvals import resolve_approval
from dashboard.services.orders import issue_command
from dashboard.services.roster import report_agent
from tests.dashboard.services.makers import ANA, NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
READER_ONLY = {Scope.ASK, Scope.READ, Scope.REPORT}


@pytest.fixture
def player():
    player = Player(now=NOW)
    player.prepare(ago=8 * 86400)
    return player


def told(player, seed=1):
    player.play_all(story(seed))
    return player


def test_the_same_seed_tells_the_same_story():
    assert story(3) == story(3)
    assert story(3) != story(4)


@pytest.mark.slow
def test_every_page_has_something_to_show_and_nothing_was_refused(player):
    told(player)

    assert player.refused == []
    assert {agent.runtime for agent in Agent.objects.all()} == {"claude", "codex", "perspt", "hyperhive", "ductor"}
    assert len({agent.host for agent in Agent.objects.all()}) == 4
    assert Agent.objects.filter(parent__name="warden").count() == 4
    assert Agent.objects.filter(parent__name="hel-2-webshop").count() == 2
    assert {ask.agent.name for ask in queue()} >= {"atlas", "hel-2-billing", "hel-1-ledger", "warden", "scribe"}
    assert [question.target for question in peer_questions()] == ["quill"]
    assert {*Approval.objects.values_list("status", flat=True)} == {
        "pending", "approved", "denied", "expired", "withdrawn", "cancelled", "failed",
    }  # fmt: skip
    assert {*Question.objects.values_list("status", flat=True)} == {"pending", "answered", "expired"}
    assert {*Approval.objects.values_list("approval_kind", flat=True)} >= {
        "command", "edit", "fetch", "plan", "mcp_tool", "deploy", "apply_commit", "spawn", "merge",
    }  # fmt: skip
    assert {*Reminder.objects.values_list("status", flat=True)} == {"pending", "delivered", "cancelled"}
    assert {*Transient.objects.values_list("outcome", flat=True)} >= {"ok", ""}
    assert {*Command.objects.values_list("status", flat=True)} >= {"issued", "done"}
    assert Message.objects.filter(recipient="*").exists()
    assert Message.objects.exclude(thread=None).exists()
    assert AgentSession.objects.filter(ended_at=None).count() >= 7


@pytest.mark.slow
def test_decisions_of_several_days_waited_differently(player):
    told(player, seed=2)
    ended = Approval.objects.exclude(resolved_at=None)

    assert player.refused == []
    assert Decision.objects.count() > 80
    assert len({row.resolved_at.date() for row in ended}) >= 6
    assert len({int((row.resolved_at - row.asked_at).total_seconds()) for row in ended}) > 40
    assert max(row.resolved_at for row in ended) <= NOW
    assert {*ended.values_list("resolved_by", flat=True)} >= {"ana", "lena", "tomas", "deadline", "terminal"}


@pytest.fixture
def today(player):
    """Only how the fleet stands now, which is told faster."""
    rng = Random(1)
    player.play_all([*hired(), *present(lambda: session_id(rng))])
    return player


def test_a_secret_in_the_story_was_cut_out(today):

    billing = Approval.objects.get(agent__name="hel-2-billing", status="pending")
    assert "kT9-vX2m" not in billing.command + str(billing.tool_input)
    assert billing.redacted > 0


def test_the_demo_cannot_decide_by_its_tokens(player):
    assert {scope for token in ApiToken.objects.all() for scope in token.scopes} == READER_ONLY


@pytest.mark.slow
def test_it_refuses_a_database_that_has_agents_unless_it_is_told_to():
    report_agent("somebody", changes={}, now=NOW)

    with pytest.raises(CommandError, match="has agents already"):
        call_command("demo")
    assert (Agent.objects.count(), ApiToken.objects.count()) == (1, 0)

    call_command("demo", force=True)
    assert Decision.objects.count() > 80
    assert ApiToken.objects.count() == 4


@pytest.fixture
def live(today):
    moments = (NOW + timedelta(seconds=number) for number in range(1, 100_000, 4))
    return Live(today, Random(5), clock=lambda: next(moments))


def test_an_approved_request_goes_on_working(live):
    atlas = Approval.objects.get(agent__name="atlas", status="pending")
    resolve_approval(atlas.pk, status="approved", digest=atlas.digest, by=ANA, now=NOW)
    billing = Approval.objects.get(agent__name="hel-2-billing", status="pending")
    resolve_approval(billing.pk, status="denied", digest=billing.digest, by=ANA, now=NOW)
    for _ in range(3):  # orders come first: orrin was nudged
        live.step()

    by_name = {agent.name: agent for agent in Agent.objects.all()}
    assert (by_name["atlas"].state, by_name["atlas"].status_text[:12]) == ("working", "carries out:")
    assert by_name["hel-2-billing"].state == "working"


def test_an_order_is_carried_out(live):
    order = issue_command("pause", "scribe", by=ANA, reason="Lunch.", now=NOW)
    for _ in range(3):
        live.step()

    assert Command.objects.get(pk=order.pk).status == "done"
    assert Agent.objects.get(name="scribe").paused


@pytest.mark.slow
def test_the_fleet_asks_lets_expire_and_answers_but_never_floods_the_queue(live):
    waiting = []
    for _ in range(200):
        live.step()
        waiting.append(len({ask.agent.name for ask in [*queue(), *peer_questions()]}))

    assert max(waiting) <= 13
    assert Approval.objects.filter(asked_at__gt=NOW).exclude(status="pending").exists()
    assert Question.objects.filter(target="quill", status="answered").exists()
    assert Message.objects.filter(sent_at__gt=NOW).exclude(sender="system").exists()
    assert live.done == 200


def test_it_stops_when_its_time_is_over(live):
    clock = iter(range(100))

    live.run(sleep=lambda _: None, monotonic=lambda: next(clock), seconds=5)  # it looks once before it begins

    assert live.done == 4
