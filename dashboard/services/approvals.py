"""Approvals: asked, changed while they wait, decided once, taken back, out of time (design §6, rules of the queue)."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction

from dashboard.enums import ApprovalStatus, Door, OnDeadline, Risk
from dashboard.events import ApprovalAdded, DashboardEvent
from dashboard.ingest.redaction import redact, redact_json, safe
from dashboard.ingest.risk import assess
from dashboard.ingest.text import storable
from dashboard.models import Agent, AgentSession, ApiToken, Approval
from dashboard.services.actor import CLOCK, Actor
from dashboard.services.asks import MAX_WAITING, due, end_once, ending, reread
from dashboard.services.errors import Changed, Forbidden, Invalid, NotFound, already_resolved
from dashboard.services.history import record
from dashboard.services.log import append
from dashboard.services.roster import put_agent

Events = list[DashboardEvent]
VERDICTS = (ApprovalStatus.APPROVED, ApprovalStatus.DENIED)
SHOWN = ("approval_kind", "description", "command", "cwd", "diff", "commit_ref", "tool_input")
TEXTS = ("description", "command", "cwd", "diff", "commit_ref")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDraft:
    """What an agent asks for. Absent is None; `risk` is the asker's own word, which can only raise ours."""

    agent: str
    approval_kind: str
    description: str | None = None
    command: str | None = None
    cwd: str | None = None
    diff: str | None = None
    commit_ref: str | None = None
    tool_input: Any = None
    risk: str = ""
    deadline_seconds: float | None = None
    on_deadline: OnDeadline = OnDeadline.EXPIRE
    request_id: str = ""
    door: str = "api"
    tool_name: str = ""
    tool_use_id: str = ""
    paths: tuple[str, ...] = ()
    match_key: str = ""
    gate: bool = False
    blocking: bool = False
    holder: str = ""
    suggestions: list[Any] = field(default_factory=list)

    def digest(self) -> str:
        """SHA-256 of what a person is shown, before anything was cut out of it (design §6)."""
        shown = {"agent": self.agent} | {name: getattr(self, name) for name in SHOWN}
        text = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def put_approval(
    draft: ApprovalDraft, agent: Agent, *, session: AgentSession | None, token: ApiToken | None, now: datetime
) -> tuple[Approval, Events]:
    """Put a request into the queue, or find the one that its `request_id` already names.

    The same content is the same request (no event); other content while it waits changes the row and says so
    (`supersedes`); one that has ended raises AlreadyResolved. To be called in a transaction that holds the agent's row.
    """
    digest = draft.digest()
    waiting = None
    if draft.request_id:
        waiting = (
            Approval.objects.select_for_update(of=("self",)).filter(agent=agent, request_id=draft.request_id).first()
        )
    if waiting is None:
        approval = Approval(agent=agent, session=session, token=token, asked_at=now, request_id=draft.request_id)
        _fill(approval, draft, digest, now)
        approval.save()
        return approval, [_added(approval)]
    if waiting.token_id != (token.pk if token else None):
        raise Forbidden("This request belongs to another token.")
    if not waiting.pending:
        raise already_resolved(waiting)
    if waiting.digest == digest:
        return waiting, []
    replaced = waiting.digest
    waiting.previous = {"digest": replaced} | {name: getattr(waiting, name) for name in SHOWN}
    _fill(waiting, draft, digest, now)
    waiting.save()
    return waiting, [replace(_added(waiting), at=int(now.timestamp()), supersedes=replaced)]


@transaction.atomic(durable=True)
def ask_approval(
    draft: ApprovalDraft, *, session: AgentSession | None = None, token: ApiToken | None = None, now: datetime
) -> tuple[Approval, bool]:
    """Ask by the API. Return the request and whether it is a new one."""
    agent, seen = put_agent(draft.agent, now=now, seen_by="api")
    approval, events = put_approval(draft, agent, session=session, token=token, now=now)
    append(*seen, *events)
    return reread(approval), any(event.supersedes is None for event in events if isinstance(event, ApprovalAdded))


def resolve_approval(  # noqa: PLR0913  a decision is kept with everything about it
    pk: int, *, status: str, digest: str, by: Actor, now: datetime, note: str = "", granted: list[Any] | None = None
) -> Approval:
    """Decide once. The same answer again is the same answer.

    Raise Forbidden for who may not decide, Changed if the request is no longer the one that was shown (its digest),
    AlreadyResolved or Withdrawn with who, what and when if something else came first.
    """
    if not by.can_decide:
        raise Forbidden("Only operators decide.")
    if status not in VERDICTS:
        raise Invalid("A decision is approved or denied.", fields={"status": "approved or denied"})
    with transaction.atomic(durable=True):
        approval = _get(pk)
        ended = None
        if approval.pending and approval.digest == digest:
            if approval.deadline_at is not None and approval.deadline_at <= now:
                ended = _run_out(approval, now)
            else:
                chosen = [rule for rule in granted or [] if rule in approval.suggestions]
                ended = end_once(approval, status=status, by=by, note=note, now=now, granted=chosen)
        if ended is not None:
            append(*ending(ended))
    return _same_or_refused(ended or reread(approval), status, digest)


@transaction.atomic(durable=True)
def take_back_approval(  # noqa: PLR0913  an ending is kept with everything about it
    pk: int, *, status: str, token: ApiToken, by: str, now: datetime, note: str = ""
) -> Approval:
    """The asker itself ends its request: cancelled, or failed.

    What was approved may afterwards be reported as failed, with the reason in `note`; who approved it stays.
    """
    if status not in (ApprovalStatus.CANCELLED, ApprovalStatus.FAILED):
        raise Invalid("The asker may only cancel, or report a failure.", fields={"status": "cancelled or failed"})
    approval = _get(pk)
    if approval.token_id != token.pk:
        raise Forbidden("This request belongs to another token.")
    ended = end_once(approval, status=status, by=Actor(by, door=Door.API), note=note, now=now)
    if ended is None and status == ApprovalStatus.FAILED:
        ended = _failed_after_all(approval, note)
    if ended is None:
        approval = reread(approval)
        if approval.status == status:
            return approval
        raise already_resolved(approval)
    append(*ending(ended))
    return ended


def expire_approvals(*, now: datetime) -> int:
    """End what has run out of time; any number of processes may do so at once. Return how many this call ended."""
    if not Approval.objects.filter(due(now)).exists():
        return 0  # looked at each second: the write lock is taken only for something
    with transaction.atomic(durable=True):
        overdue = Approval.objects.filter(due(now)).select_related("agent").order_by("deadline_at")[:MAX_WAITING]
        ended = [row for approval in overdue if (row := _run_out(approval, now))]
        append(*(event for row in ended for event in ending(row)))
    return len(ended)


def _get(pk: int) -> Approval:
    approval = Approval.objects.select_related("agent", "session").filter(pk=pk).first()
    if approval is None:
        raise NotFound(f"There is no request #{pk}.")
    return approval


def _failed_after_all(approval: Approval, note: str) -> Approval | None:
    """An approved request could not be carried out."""
    approved = Approval.objects.filter(pk=approval.pk, status=ApprovalStatus.APPROVED)
    if not approved.update(status=ApprovalStatus.FAILED, note=safe(note)):
        return None
    failed = reread(approval)
    record(failed)
    return failed


def _run_out(approval: Approval, now: datetime) -> Approval | None:
    denied = approval.on_deadline == OnDeadline.DENY
    status = ApprovalStatus.DENIED if denied else ApprovalStatus.EXPIRED
    note = "Nobody answered in time, so it was denied." if denied else "Nobody answered in time."
    return end_once(approval, status=status, by=CLOCK, note=note, now=now)


def _same_or_refused(approval: Approval, status: str, digest: str) -> Approval:
    if approval.digest != digest:
        raise Changed(approval)
    if approval.status != status:
        raise already_resolved(approval)
    return approval


def _fill(approval: Approval, draft: ApprovalDraft, digest: str, now: datetime) -> None:
    """Copy the draft into the row, without its secrets."""
    approval.digest, approval.redacted = digest, 0
    for name in TEXTS:
        clean = redact(getattr(draft, name) or "")
        setattr(approval, name, storable(clean.text))
        approval.redacted += clean.count
    approval.cwd, approval.commit_ref = approval.cwd[:1000], approval.commit_ref[:200]
    approval.tool_input, cut = redact_json(_storable_json(draft.tool_input))
    approval.redacted += cut
    risk = assess(
        draft.command or "",
        cwd=draft.cwd or "",
        tool=draft.tool_name,
        paths=draft.paths,
        diff=draft.diff or "",
        claimed=draft.risk,
    )
    approval.risk, approval.risk_reasons = risk.level, list(risk.reasons)
    approval.risk_rank = Risk(risk.level).rank
    approval.deadline_at = now + timedelta(seconds=draft.deadline_seconds) if draft.deadline_seconds else None
    for name in ("on_deadline", "door", "tool_use_id", "match_key", "gate", "blocking", "holder"):
        setattr(approval, name, getattr(draft, name))
    # A rule goes back word by word, so one with a secret in it cannot be offered: it would have to be kept.
    approval.suggestions = [rule for rule in draft.suggestions if not redact_json(rule)[1]]
    approval.approval_kind = storable(draft.approval_kind)[:60]
    approval.tool_name = storable(draft.tool_name)[:200]


def _storable_json(value: Any) -> Any:
    """Make every string in a JSON value fit for any database."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable_json(item) for item in value]
    if isinstance(value, dict):
        return {storable(str(key)): _storable_json(item) for key, item in value.items()}
    return value


def _added(approval: Approval) -> ApprovalAdded:
    asked = int(approval.asked_at.timestamp())
    return ApprovalAdded(
        at=asked,
        id=approval.pk,
        agent=approval.agent.name,
        approval_kind=approval.approval_kind,
        sha_short=approval.commit_ref[:7] or None,
        diff=approval.diff or None,
        description=approval.description or None,
        requested_at=asked,
        digest=approval.digest,
        risk=approval.risk,
        deadline_at=int(approval.deadline_at.timestamp()) if approval.deadline_at else None,
    )
