"""Tokens by the API: made and revoked by operators."""

import pytest

from dashboard.models import ApiToken, Command

pytestmark = pytest.mark.database


def test_an_operator_makes_a_token_whose_text_is_said_once(ana, nobody):
    made = ana.call("POST", "/api/v1/tokens", name="build", scopes=["read"], agents=["hel-1-*"], host="box")

    text = made.json().pop("token")
    assert made.status_code == 201
    assert (made.json()["scopes"], made.json()["agents"], made.json()["created_by"]) == (["read"], ["hel-1-*"], "ana")
    assert nobody.get("/api/state", headers={"authorization": f"Bearer {text}"}).status_code == 200
    listed = ana.get("/api/v1/tokens")
    assert text not in listed.text
    assert ApiToken.objects.get().digest not in listed.text


def test_without_a_word_it_may_ask_read_and_report(ana):
    assert ana.call("POST", "/api/v1/tokens", name="x").json()["scopes"] == ["ask", "read", "report"]


def test_a_revoked_token_opens_nothing(ana, machine):
    number = machine.row.pk

    assert ana.call("POST", f"/api/v1/tokens/{number}/revoke").status_code == 422
    revoked = ana.call("POST", f"/api/v1/tokens/{number}/revoke", reason="Lost.")

    assert revoked.json()["revoked_at"]
    assert machine.get("/api/state").status_code == 401
    assert Command.objects.get(verb="revoke token").reason == "Lost."
    assert ana.call("POST", "/api/v1/tokens/999/revoke", reason="x").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["all"]},
        {"name": "x", "agents": ["a b"]},
        {"name": "x", "agents": ["\0"]},
        {"name": "x" * 121},
        {"name": "x", "owner": "me"},
    ],
)
def test_a_token_that_cannot_be_is_refused(ana, body):
    assert ana.call("POST", "/api/v1/tokens", **body).status_code == 422
    assert not ApiToken.objects.exists()


def test_neither_viewers_nor_machines_see_tokens(tom, machine):
    for caller in (tom, machine):
        assert caller.get("/api/v1/tokens").status_code == 403
        assert caller.call("POST", "/api/v1/tokens", name="x").status_code == 403
        assert caller.call("POST", f"/api/v1/tokens/{machine.row.pk}/revoke", reason="x").status_code == 403
