"""Tokens of machines: made and revoked by operators. A token's text is said once."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from dashboard.access.desk import in_desk
from dashboard.api.answers import answer, told
from dashboard.api.bodies import ReasonIn, TokenIn
from dashboard.api.callers import OPERATORS, caller
from dashboard.api.rows import NewToken, TokenRow, Tokens
from dashboard.api.words import Id
from dashboard.models import ApiToken
from dashboard.selectors.rows import Row, unix
from dashboard.services.actor import Actor
from dashboard.services.tokens import check_gift, create_token, revoke_token

router = Router(tags=["tokens"])

MOST = 500


@router.get("/tokens", auth=OPERATORS, response=told({200: Tokens}))
async def listed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """All tokens, revoked ones too, the newest first."""
    return answer(await in_desk(_listed))


@router.post("/tokens", auth=OPERATORS, response=told({201: NewToken}))
async def create(request: HttpRequest, payload: TokenIn) -> HttpResponse:
    """Make a token. Its text is in this answer and nowhere else."""
    return answer(await in_desk(_create, payload.model_dump(), caller(request).operator()), 201)


@router.post("/tokens/{int:pk}/revoke", auth=OPERATORS, response=told({200: TokenRow}))
async def revoke(request: HttpRequest, pk: Id, payload: ReasonIn) -> HttpResponse:
    """Refuse the token from now on."""
    return answer(await in_desk(_revoke, pk, payload.reason, caller(request).operator()))


def token_row(token: ApiToken) -> Row:
    return {
        "id": token.pk,
        "name": token.name,
        "prefix": token.prefix,
        "scopes": token.scopes,
        "agents": token.agents,
        "host": token.host,
        "created_by": token.created_by,
        "created_at": unix(token.created_at),
        "last_used_at": unix(token.last_used_at),
        "revoked_at": unix(token.revoked_at),
    }


def _listed() -> Row:
    return {"tokens": [token_row(token) for token in ApiToken.objects.all()[:MOST]]}


def _create(given: dict[str, Any], by: Actor) -> Row:
    check_gift(given["scopes"], by)
    token, text = create_token(**given, by=by, now=timezone.now())
    return token_row(token) | {"token": text}


def _revoke(pk: int, reason: str, by: Actor) -> Row:
    return token_row(revoke_token(pk, by=by, reason=reason, now=timezone.now()))
