"""Knocking at the door of facts in numbers, with a token and without Django."""

import json

from django.utils import timezone

from dashboard.live.desk import in_desk
from dashboard.services.tokens import create_token
from perspt_site.facts import facts
from tests.dashboard.doors.knock import Knock
from tests.dashboard.services.makers import ANA

BATCH, TURNS = "/api/v1/batch", "/api/v1/turns"


async def a_token(name="hel-1", **options):
    _, text = await in_desk(create_token, name, by=ANA, now=timezone.now(), **options)
    return text


async def tell(token, body, path=BATCH, *, door=facts, **headers):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"} | headers
    return await Knock(door, path=path, body=text, headers=told).answer()


def a_turn(**fields):
    return {"agent": "mara", "started_at": 1_700_000_000, "ended_at": 1_700_000_042, "result_kind": "ok"} | fields
