"""`POST /api/v1/batch` and `/api/v1/turns`: facts in numbers, past Django's handler and through the writer.

The same calls stand in the API's description and are answered by Django, too, with the same words (`api/facts.py`);
here they cost a twentieth. The gatekeeper is the same: token, scope, agent, pace, size.
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
from pydantic import BaseModel, Field, ValidationError, create_model, model_validator

from dashboard.access.errors import DATABASE_TROUBLE, BadRequest, error_body, refused_body, refused_headers
from dashboard.access.middleware import HUNG_UP, write_request
from dashboard.access.refusals import API, note_refused
from dashboard.access.request_id import current_request, new_request_id
from dashboard.access.tokens import authenticate_often, may, speaks_for
from dashboard.access.visit import Visit, visit_of_scope
from dashboard.api.answers import wrong_fields
from dashboard.api.bodies import AgentIn, MessageIn
from dashboard.api.parse import strict_json
from dashboard.api.words import AgentName, Given, Note, Seconds
from dashboard.doors.http import HungUp, Receive, Scope, Send, read_body, send_json
from dashboard.enums import Scope as TokenScope
from dashboard.live.writer import Writer
from dashboard.models import ApiToken
from dashboard.services.errors import Invalid, Refused
from dashboard.services.facts import Agents, Kind, Messages, Sent, Transients

logger = logging.getLogger(__name__)

MOST_FACTS = 1_000
BODY_LIMIT = 4 * 2**20
BATCH = "/api/v1/batch"


class AgentFact(AgentIn):
    name: AgentName

    def changes(self) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in self.model_fields_set if name not in ("name", "parent")}
        for name in ("status_text", "model"):
            if name in given:
                given[name] = given[name] or ""
        return given

    def below(self) -> str | None:
        return (self.parent or "") if "parent" in self.model_fields_set else None


class MessageFact(MessageIn):
    from_: AgentName = Field(alias="from", description="Who writes: an agent of the token.")

    @property
    def sender(self) -> str:
        return self.from_


class TransientFact(Given):
    """Begins an action (`transient_kind`), or ends the one that is under way (`outcome`)."""

    agent: AgentName
    transient_kind: str | None = Field(None, min_length=1, max_length=40, description="What begins.")
    timeout_seconds: Seconds | None = Field(None, description="After how long it counts as failed.")
    outcome: Literal["ok", "failed"] | None = Field(None, description="How what is under way ended.")
    error: Note = Field("", description="What went wrong.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "TransientFact":
        if (self.transient_kind is None) == (self.outcome is None):
            raise ValueError("give transient_kind, which begins an action, or outcome, which ends it")
        return self


@dataclass(frozen=True, slots=True)
class FactKind:
    """A kind of fact at the door: what one looks like, which scope a token needs, and who writes it."""

    kind: Kind
    shape: type[BaseModel]
    scope: TokenScope
    meaning: str

    @property
    def name(self) -> str:
        return self.kind.name


OURS = (
    FactKind(Agents(), AgentFact, TokenScope.REPORT, "What agents say of themselves, as `PUT /agents/{name}`."),
    FactKind(Messages(), MessageFact, TokenScope.ASK, "Messages, as `POST /messages`."),
    FactKind(Transients(), TransientFact, TokenScope.REPORT, "Lifecycle actions that begin or end."),
)


@dataclass(slots=True)
class Call:
    """One request on its way through the door."""

    scope: Scope
    visit: Visit
    identity: str
    began: float = field(default_factory=time.monotonic)
    token: ApiToken | None = None


class FactDoor:
    """Takes batches of all `kinds`, and lists of one of them at addresses of their own."""

    def __init__(self, writer: Writer, kinds: Sequence[FactKind], *, alone: Mapping[str, FactKind]) -> None:
        self.writer = writer
        self.kinds = kinds
        self.bodies: dict[str, type[BaseModel]] = {path: _list_of(kind) for path, kind in alone.items()}
        self.bodies[BATCH] = _batch_of(kinds)
        self._kinds_in = {
            body: [kind for kind in kinds if kind.name in body.model_fields] for body in self.bodies.values()
        }

    def serves(self, scope: Scope) -> bool:
        return scope["method"] == "POST" and scope["path"].rstrip("/") in self.bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and write one line about it."""
        call = Call(scope, visit_of_scope(scope), new_request_id())
        current_request.set(call.identity)
        try:
            status, body, headers = await self._answer(call, receive)
            await send_json(send, status, body, {**headers, "x-request-id": call.identity})
        except HungUp:
            status = HUNG_UP
        except asyncio.CancelledError:
            _write_line(call, HUNG_UP)
            raise
        _write_line(call, status)

    def scopes_of(self, shape: type[BaseModel]) -> list[TokenScope]:
        """One of these a token needs to come in; each fact then asks for its own."""
        return list(dict.fromkeys(kind.scope for kind in self._kinds_in[shape]))

    async def take(self, token: ApiToken, given: BaseModel) -> dict[str, Any]:
        """Store what a body tells, all of it or nothing; return what was stored of each kind."""
        facts = [(kind, told) for kind in self._kinds_in[type(given)] if (told := getattr(given, kind.name))]
        if (count := sum(len(told) for _, told in facts)) > MOST_FACTS:
            raise Invalid("These are too many facts.", fields={"body": f"{count}; at most {MOST_FACTS}"})
        for kind, told in facts:
            may(token, kind.scope)
            for name in {kind.kind.speaker(fact) for fact in told}:
                speaks_for(token, name)
        if not facts:
            return {}
        return await self.writer.write(Sent(token, [(kind.kind, told) for kind, told in facts]))

    async def _answer(self, call: Call, receive: Receive) -> tuple[int, Any, dict[str, str]]:
        """Find the status, the body and further headers of the answer."""
        try:
            shape = self.bodies[call.scope["path"].rstrip("/")]
            call.token = await authenticate_often(
                call.visit.headers, *self.scopes_of(shape), address=call.visit.address
            )
            self.writer.check_room()
            given = read_facts(shape, await read_body(receive, call.visit.headers, limit=BODY_LIMIT))
            return 200, await self.take(call.token, given), {}
        except ValidationError as wrong:
            fields = wrong_fields([{**error, "loc": ("body", "", *error["loc"])} for error in wrong.errors()])
            return 422, error_body(422, "Some fields cannot be accepted.", fields=fields), {}
        except Refused as refused:
            note_refused(refused, door=API, address=call.visit.address, about=str(call.token or ""))
            return refused.status, refused_body(refused), refused_headers(refused)
        except TimeoutError:
            return 400, error_body(400, "The body did not arrive in time."), {}
        except DATABASE_TROUBLE:
            return 503, error_body(503), {"Retry-After": "1"}
        except HungUp:
            raise
        except Exception:
            logger.exception("facts could not be taken")
            return 500, error_body(500), {}


def read_facts(shape: type[BaseModel], body: bytes) -> BaseModel:
    """Read a body: quickly if all is well, else as strictly as the API does, which also finds the words for it."""
    try:
        return shape.model_validate(orjson.loads(body))
    except (ValueError, RecursionError):  # ValidationError is one
        pass
    try:
        value = strict_json(body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is no JSON that can be read.") from None
    return shape.model_validate(value)


def _batch_of(kinds: Sequence[FactKind]) -> type[BaseModel]:
    fields: Any = {
        kind.name: (list[kind.shape], Field(default_factory=list, max_length=MOST_FACTS, description=kind.meaning))  # type: ignore[name-defined]  # a type made here
        for kind in kinds
    }
    return create_model("Batch", __base__=Given, **fields)


def _list_of(kind: FactKind) -> type[BaseModel]:
    """One fact as it is, or `{"turns": [one, another]}`."""
    many: Any = {
        kind.name: (list[kind.shape], Field(min_length=1, max_length=MOST_FACTS, description=kind.meaning))  # type: ignore[name-defined]  # likewise
    }
    base = create_model(f"{kind.name.title()}In", __base__=Given, **many)

    class OneOrMany(base):  # type: ignore[valid-type, misc]  # likewise
        @model_validator(mode="before")
        @classmethod
        def _one(cls, value: Any) -> Any:
            return value if not isinstance(value, dict) or kind.name in value else {kind.name: [value]}

    OneOrMany.__name__ = base.__name__
    return OneOrMany


def _write_line(call: Call, status: int) -> None:
    told = {
        "method": "POST",
        "path": call.scope["path"],
        "status": status,
        "ms": round((time.monotonic() - call.began) * 1000),
        "who": str(call.token or "nobody"),
        "address": call.visit.address,
        "request_id": call.identity,
    }
    write_request(told)
