"""The rules of the queue, as services keep them."""

import json
from hashlib import sha256

import pytest

from dashboard.models import Approval, Event
from dashboard.services.approvals import (
    ApprovalDraft,
    ask_approval,
    expire_approvals,
    resolve_approval,
    take_back_approval,
)
from dashboard.services.errors import AlreadyResolved, Changed, Forbidden, NotFound
from dashboard.services.tokens import create_token
from tests.dashboard.services.makers import ANA, LENA, NOW, an_approval, later

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def frames(kind):
    return [json.loads(frame) for frame in Event.objects.filter(kind=kind).values_list("frame", flat=True)]


def test_asking_puts_a_row_and_one_event():
    approval = an_approval(command="git push --force", deadline_seconds=60)

    assert frames("approval_added") == [
        {
            "seq": 2,
            "kind": "approval_added",
            "at": int(NOW.timestamp()),
            "id": approval.pk,
            "agent": "atlas",
            "approval_kind": "command",
            "sha_short": None,
            "diff": None,
            "description": None,
            "requested_at": int(NOW.timestamp()),
            "digest": approval.digest,
            "risk": approval.risk,
            "deadline_at": int(later(60).timestamp()),
            "supersedes": None,
        }
    ]


def test_the_digest_is_the_one_of_the_contract():
    shown = {
        "agent": "atlas",
        "approval_kind": "command",
        "description": None,
        "command": "ls — ü",
        "cwd": None,
        "diff": None,
        "commit_ref": None,
        "tool_input": {"b": 1, "a": "ü"},
    }
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    approval = an_approval(command="ls — ü", tool_input={"b": 1, "a": "ü"})

    assert approval.digest == sha256(text.encode()).hexdigest()


def test_the_first_answer_counts_and_the_same_again_is_the_same():
    approval = an_approval()
    first = resolve_approval(approval.pk, status="approved", digest=approval.digest, by=ANA, now=later(5), note="ok")

    again = resolve_approval(approval.pk, status="approved", digest=approval.digest, by=LENA, now=later(6))

    assert (again.resolved_by, again.note, again.resolved_at) == ("ana", "ok", first.resolved_at)
    assert [frame["actor"] for frame in frames("approval_resolved")] == ["ana"]


def test_a_different_answer_is_refused_with_who_was_first():
    approval = an_approval()
    resolve_approval(approval.pk, status="approved", digest=approval.digest, by=ANA, now=later(5))

    with pytest.raises(AlreadyResolved) as refusal:
        resolve_approval(approval.pk, status="denied", digest=approval.digest, by=LENA, now=later(6))

    assert refusal.value.row.resolved_by == "ana"
    assert "already approved by ana" in refusal.value.message


def test_a_decision_on_what_has_changed_resolves_nothing():
    approval = an_approval(request_id="r1")
    an_approval(request_id="r1", command="make deploy ENV=prod", now=later(3))

    with pytest.raises(Changed):
        resolve_approval(approval.pk, status="approved", digest=approval.digest, by=ANA, now=later(5))

    assert Approval.objects.get(pk=approval.pk).pending


def test_the_same_request_again_is_the_same_row_without_an_event():
    approval = an_approval(request_id="r1")

    again, new = ask_approval(
        ApprovalDraft(agent="atlas", approval_kind="command", command="make deploy", request_id="r1"), now=later(3)
    )

    assert (again.pk, new, len(frames("approval_added"))) == (approval.pk, False, 1)


def test_other_content_under_the_same_request_supersedes_and_says_what_it_said_before():
    approval = an_approval(request_id="r1")

    changed = an_approval(request_id="r1", command="make deploy ENV=prod", now=later(3))

    assert changed.pk == approval.pk
    assert frames("approval_added")[-1]["supersedes"] == approval.digest
    assert changed.previous["command"] == "make deploy"


def test_a_request_that_was_resolved_cannot_be_asked_again():
    approval = an_approval(request_id="r1")
    resolve_approval(approval.pk, status="denied", digest=approval.digest, by=ANA, now=later(5))

    with pytest.raises(AlreadyResolved):
        an_approval(request_id="r1", now=later(6))


@pytest.mark.parametrize(("on_deadline", "status"), [("expire", "expired"), ("deny", "denied")])
def test_silence_never_allows(on_deadline, status):
    approval = an_approval(deadline_seconds=10, on_deadline=on_deadline)

    ended = [expire_approvals(now=later(9)), expire_approvals(now=later(10)), expire_approvals(now=later(11))]

    approval.refresh_from_db()
    assert ended == [0, 1, 0]
    assert (approval.status, approval.resolved_by) == (status, "deadline")


def test_an_answer_after_the_deadline_comes_too_late_even_if_the_clock_has_not_struck():
    approval = an_approval(deadline_seconds=10)

    with pytest.raises(AlreadyResolved):
        resolve_approval(approval.pk, status="approved", digest=approval.digest, by=ANA, now=later(10))

    approval.refresh_from_db()
    assert approval.status == "expired"


def test_only_the_asking_token_takes_a_request_back():
    mine, _ = create_token("mine", by=ANA, now=NOW)
    other, _ = create_token("other", by=ANA, now=NOW)
    approval = an_approval(token=mine)

    with pytest.raises(Forbidden):
        take_back_approval(approval.pk, status="cancelled", token=other, by="atlas", now=later(1))
    ended = take_back_approval(approval.pk, status="cancelled", token=mine, by="atlas", now=later(2))

    assert (ended.status, ended.resolved_by) == ("cancelled", "atlas")


def test_what_was_approved_may_fail_and_keeps_who_approved_it():
    token, _ = create_token("mine", by=ANA, now=NOW)
    approval = an_approval(token=token)
    resolve_approval(approval.pk, status="approved", digest=approval.digest, by=ANA, now=later(1))

    failed = take_back_approval(approval.pk, status="failed", token=token, by="atlas", now=later(2), note="no space")

    assert (failed.status, failed.resolved_by, failed.note) == ("failed", "ana", "no space")


def test_secrets_are_cut_out_before_storing_while_the_digest_is_over_the_original():
    plain = an_approval(command="deploy --token ghp_0123456789abcdefghijABCDEFGHIJ012345")

    assert "ghp_" not in plain.command
    assert plain.redacted == 1
    assert (
        plain.digest
        == ApprovalDraft(
            agent="atlas", approval_kind="command", command="deploy --token ghp_0123456789abcdefghijABCDEFGHIJ012345"
        ).digest()
    )


def test_only_rules_that_were_offered_can_be_granted():
    offered = {"type": "addRules", "behavior": "allow", "destination": "session"}
    approval = an_approval(suggestions=[offered])

    done = resolve_approval(
        approval.pk,
        status="approved",
        digest=approval.digest,
        by=ANA,
        now=later(1),
        granted=[offered, {"type": "setMode", "mode": "bypassPermissions"}],
    )

    assert done.granted == [offered]


def test_what_is_not_there_is_not_found():
    with pytest.raises(NotFound):
        resolve_approval(4711, status="approved", digest="", by=ANA, now=NOW)
