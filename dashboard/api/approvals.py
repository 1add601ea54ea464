"""Approvals: asked by machines, decided by people, waited for."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from dashboard.access.desk import in_desk
from dashboard.access.tokens import speaks_for
from dashboard.api.answers import answer, told
from dashboard.api.asks import asked, find, may_read, wait_until_ended
from dashboard.api.bodies import ApprovalIn, ResolveIn
from dashboard.api.callers import ASKERS, ASKERS_AND_OPERATORS, ASKERS_AND_READERS, READERS, Caller, caller
from dashboard.api.rows import ApprovalRow, Approvals, Asked
from dashboard.api.words import AgentFilter, Before, Id, Limit, Wait, WordFilter
from dashboard.enums import ApprovalStatus, OnDeadline
from dashboard.models import ApiToken, Approval
from dashboard.selectors.rows import Row, approval_row
from dashboard.selectors.sight import asks_page
from dashboard.services.approvals import VERDICTS, ApprovalDraft, ask_approval, resolve_approval, take_back_approval
from dashboard.services.errors import Forbidden, Invalid
from dashboard.services.roster import session_of_asker

router = Router(tags=["approvals"])


@router.post("/approvals", auth=ASKERS, response=told({201: Asked, 200: Asked}))
async def ask(request: HttpRequest, payload: ApprovalIn) -> HttpResponse:
    """Ask for a yes or no. The same content under the same `request_id` is the same request (200, no event)."""
    approval, new = await in_desk(_ask, payload, caller(request).machine())
    return asked(request, approval, "dashboard:queue-item", new=new)


@router.get("/approvals", auth=READERS, response=told({200: Approvals}))
async def listed(
    request: HttpRequest, status: WordFilter = "", agent: AgentFilter = "", before: Before = None, limit: Limit = 50
) -> HttpResponse:
    """Requests, the newest first."""
    who = caller(request)
    page = partial(asks_page, Approval.objects.all(), status=status, agent=agent, before=before, limit=limit)
    return answer(await in_desk(lambda: _listed(*page(only=who.only, token=who.token))))


@router.get("/approvals/{int:pk}", auth=ASKERS_AND_READERS, response=told({200: ApprovalRow}))
async def one(request: HttpRequest, pk: Id, wait: Wait = 0) -> HttpResponse:
    """One request; with `wait` the answer comes when it has ended, or when the time is over."""
    return answer(await wait_until_ended(f"approval:{pk}", partial(_row, pk, caller(request)), wait))


@router.post("/approvals/{int:pk}/resolve", auth=ASKERS_AND_OPERATORS, response=told({200: ApprovalRow}))
async def resolve(request: HttpRequest, pk: Id, payload: ResolveIn) -> HttpResponse:
    """A person decides, bound to the digest that was shown; the asking token takes its request back."""
    return answer(await in_desk(_resolve, pk, payload, caller(request)))


def _ask(payload: ApprovalIn, token: ApiToken) -> tuple[Approval, bool]:
    now = timezone.now()
    speaks_for(token, payload.agent)
    given = payload.model_dump(exclude={"session", "risk", "request_id", "on_deadline"})
    draft = ApprovalDraft(
        **given,
        risk=payload.risk or "",
        request_id=payload.request_id or "",
        on_deadline=OnDeadline(payload.on_deadline),
    )
    session = None
    if payload.session:
        session = session_of_asker(payload.agent, payload.session, token=token, now=now)
    return ask_approval(draft, session=session, token=token, now=now)


def _listed(rows: list[Approval], following: int | None) -> Row:
    return {"approvals": [approval_row(row) for row in rows], "next": following}


def _row(pk: int, who: Caller) -> Row:
    approval = find(Approval, pk)
    may_read(who, approval)
    return approval_row(approval)


def _resolve(pk: int, payload: ResolveIn, who: Caller) -> Row:
    now = timezone.now()
    if who.token is not None:
        if payload.status in VERDICTS:
            raise Forbidden("No token decides; a person does.")
        approval = find(Approval, pk)
        by = approval.agent.name
        status = ApprovalStatus(payload.status)
        return approval_row(take_back_approval(pk, status=status, token=who.token, by=by, note=payload.note, now=now))
    if payload.digest is None:
        raise Invalid("A decision is bound to what was shown.", fields={"digest": "missing"})
    return approval_row(
        resolve_approval(
            pk, status=payload.status, digest=payload.digest, by=who.operator(), note=payload.note, now=now
        )
    )
