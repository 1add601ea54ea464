"""Several approvals by one word: exactly the picked ones, as they were shown, and never what is risky."""

import pytest
from django.urls import reverse

from dashboard.models import Approval
from dashboard.services.approvals import resolve_approval
from dashboard.services.bulk import resolve_many
from tests.dashboard.services.makers import LENA, NOW, a_question, an_approval, later

PART = {"HTTP_HX_REQUEST": "true"}
RISKY = {"high": "git push --force origin main", "critical": "rm -rf /", "unknown": "frobnicate --all"}


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch):
    for room in ("bulk", "now"):
        monkeypatch.setattr(f"dashboard.views.{room}.now", lambda: later(60))


@pytest.fixture
def three(transactional_db):
    return [an_approval(agent=name, command=f"pytest tests/{name}") for name in ("atlas", "moss", "quill")]


def pick(approval, digest=None):
    return f"{approval.pk}:{digest or approval.digest}"


def decide(client, *approvals, script=False, **fields):
    data = {"pick": [one if isinstance(one, str) else pick(one) for one in approvals]} | fields
    return client.post(reverse("dashboard:bulk"), data, **(PART if script else {}))


def statuses(approvals):
    return [Approval.objects.get(pk=one.pk).status for one in approvals]


@pytest.mark.parametrize("script", [False, True])
def test_it_always_asks_once_more_and_lists_them(ana, three, script):
    text = decide(ana, *three[:2], script=script, verdict="approve").content.decode()

    assert ("pytest tests/atlas" in text, "pytest tests/moss" in text, "pytest tests/quill" in text) == (
        True,
        True,
        False,
    )
    assert "A decision cannot be taken back" in text
    assert [f'value="{pick(one)}"' in text for one in three] == [True, True, False]
    assert statuses(three) == ["pending"] * 3


@pytest.mark.parametrize("script", [False, True])
def test_the_second_yes_decides_exactly_them_and_tells_each(ana, three, script):
    answer = decide(ana, *three[:2], script=script, verdict="approve", sure="1")

    assert "2 of 2 approved." in answer.content.decode()
    assert statuses(three) == ["approved", "approved", "pending"]


def test_a_denial_wants_its_reason_which_each_of_them_reads(ana, three):
    first = decide(ana, *three, verdict="deny", sure="1")
    assert ("Say why" in first.content.decode(), statuses(three)) == (True, ["pending"] * 3)

    decide(ana, *three, verdict="deny", sure="1", note="Not today.")

    assert {(one.status, one.note, one.resolved_by) for one in Approval.objects.all()} == {
        ("denied", "Not today.", "ana")
    }


@pytest.mark.parametrize("risk", list(RISKY))
def test_what_is_risky_is_never_among_them_whatever_the_form_says(ana, three, risk):
    risky = an_approval(agent="rook", command=RISKY[risk], risk="" if risk == "unknown" else risk)
    Approval.objects.filter(pk=risky.pk).update(risk=risk)

    listed = decide(ana, three[0], risky, verdict="approve").content.decode()
    done = decide(ana, three[0], risky, verdict="approve", sure="1").content.decode()

    assert f'name="pick" value="{pick(risky)}"' not in listed
    assert f"is of {risk} risk and is decided by itself" in listed
    assert "1 of 2 approved." in done
    assert statuses([three[0], risky]) == ["approved", "pending"]


def test_the_queue_shows_a_tick_only_where_several_may_be_decided_and_says_why_not(ana, tom, three):
    risky = an_approval(agent="rook", command="make deploy", risk="high")
    a_question()

    text = ana.get("/").content.decode()

    assert [f'value="{pick(one)}"' in text for one in three] == [True] * 3
    assert pick(risky) not in text
    assert ("high risk is decided by itself" in text, "a question is answered by itself" in text) == (True, True)
    assert 'name="pick"' not in tom.get("/").content.decode()


def test_one_that_changed_or_is_over_leaves_the_others_as_they_are(ana, three):
    resolve_approval(three[0].pk, status="denied", digest=three[0].digest, by=LENA, now=NOW, note="mine")

    text = decide(ana, three[0], pick(three[1], "0" * 64), three[2], "4711:" + "0" * 64, verdict="approve", sure="1")

    shown = text.content.decode()
    assert "1 of 4 approved." in shown
    for told in ("already denied by lena", "has changed since it was shown", "There is no request #4711"):
        assert told in shown
    assert statuses(three) == ["denied", "pending", "approved"]


def test_the_same_form_again_says_the_same(ana, three):
    decide(ana, *three, verdict="approve", sure="1")

    assert "3 of 3 approved." in decide(ana, *three, verdict="approve", sure="1").content.decode()


@pytest.mark.parametrize(
    "data", [{}, {"pick": ["x", "1:2"], "verdict": "approve"}, {"verdict": "session", "sure": "1"}]
)
def test_without_a_pick_or_a_verdict_nothing_is_decided(ana, three, data):
    answer = ana.post(reverse("dashboard:bulk"), data)

    assert (answer.status_code, statuses(three)) == (422, ["pending"] * 3)


def test_who_only_looks_decides_nothing(tom, three):
    assert decide(tom, *three, verdict="approve", sure="1").status_code == 403
    assert statuses(three) == ["pending"] * 3


def test_each_is_its_own_transaction(three):
    outcomes = resolve_many(
        [(three[0].pk, three[0].digest), (three[1].pk, "0" * 64)], status="approved", by=LENA, note="", now=later(5)
    )

    assert [one.taken for one in outcomes] == [True, False]
    assert statuses(three) == ["approved", "pending", "pending"]
