"""Attempts that were turned away, counted per door, address, reason and hour, in a bounded number of rows."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F

from dashboard.models import Refusal

Knocks = dict[tuple[str, str, str], tuple[int, str]]
"""(door, address, reason) → (how often, about whom)."""

ELSEWHERE = "elsewhere"
MOST_PER_HOUR = 200
"""Rows of an hour; what comes from still more addresses is counted together."""


@transaction.atomic(durable=True)
def count_refusals(knocks: Mapping[tuple[str, str, str], tuple[int, str]], *, now: datetime) -> None:
    """Add up what was turned away lately. Processes may do so at the same time."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    room = MOST_PER_HOUR - Refusal.objects.filter(hour=hour).count()
    for (door, address, reason), (count, about) in knocks.items():
        if _add(hour, door, address, reason, count, about, now):
            continue
        address = address if room > 0 else ELSEWHERE  # noqa: PLW2901
        row = Refusal(hour=hour, door=door, address=address, reason=reason, count=0, last_at=now)
        Refusal.objects.bulk_create([row], ignore_conflicts=True)
        room -= 1
        _add(hour, door, address, reason, count, about, now)


def _add(  # noqa: PLR0913, PLR0917
    hour: datetime, door: str, address: str, reason: str, count: int, about: str, now: datetime
) -> int:
    rows = Refusal.objects.filter(hour=hour, door=door, address=address, reason=reason)
    return rows.update(count=F("count") + count, last_at=now, **({"about": about} if about else {}))
