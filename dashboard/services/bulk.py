"""Many approvals by one word: exactly the ones that were shown, each decided on its own.

Every one is its own transaction, so that one that changed or is over leaves the others as they are. High, critical
and unknown risk are never decided in bulk, whatever a form says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.enums import Risk
from dashboard.models import Approval
from dashboard.services.actor import Actor
from dashboard.services.approvals import resolve_approval
from dashboard.services.errors import Forbidden, Refused

TOGETHER = (Risk.LOW, Risk.MEDIUM)
MOST = 50
Pick = tuple[int, str]
"""The number of an approval, and the digest of it that was shown."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of them; `sentence` is empty if it was taken."""

    pk: int
    approval: Approval | None
    sentence: str = ""

    @property
    def taken(self) -> bool:
        return not self.sentence


def may_go_together(risk: str) -> bool:
    return risk in TOGETHER


def picked(picks: Iterable[Pick]) -> list[Outcome]:
    """What the picks name, as it is now; one that cannot be decided with the others says why. One query."""
    wanted = dict(list(picks)[:MOST])
    found = Approval.objects.select_related("agent", "session").in_bulk(wanted)
    return [_looked_at(pk, found.get(pk), digest) for pk, digest in wanted.items()]


def resolve_many(picks: Sequence[Pick], *, status: str, by: Actor, note: str, now: datetime) -> list[Outcome]:
    """Decide each of them; raise Forbidden for who may not."""
    if not by.can_decide:
        raise Forbidden("Only operators decide.")
    digests = dict(picks)
    return [
        _decided(one, digests[one.pk], status=status, by=by, note=note, now=now) if _to_try(one) else one
        for one in picked(picks)
    ]


def _to_try(one: Outcome) -> bool:
    """What has ended is tried too: the same answer again is the same answer."""
    return one.taken or (one.approval is not None and not one.approval.pending)


def _decided(  # noqa: PLR0913  a decision is kept with everything about it
    one: Outcome, digest: str, *, status: str, by: Actor, note: str, now: datetime
) -> Outcome:
    try:
        approval = resolve_approval(one.pk, status=status, digest=digest, by=by, note=note, now=now)
    except Refused as refusal:
        return Outcome(one.pk, one.approval, refusal.message)
    return Outcome(one.pk, approval)


def _looked_at(pk: int, approval: Approval | None, digest: str) -> Outcome:
    if approval is None:
        return Outcome(pk, None, f"There is no request #{pk}.")
    if not approval.pending:
        return Outcome(pk, approval, f"#{pk} is already {approval.status} by {approval.resolved_by}.")
    if approval.digest != digest:
        return Outcome(pk, approval, f"#{pk} has changed since it was shown. Read it again, then decide.")
    if not may_go_together(approval.risk):
        return Outcome(pk, approval, f"#{pk} is of {approval.risk} risk and is decided by itself.")
    return Outcome(pk, approval)
