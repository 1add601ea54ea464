"""Leases: what only one process may do at a time, and which serving processes live. Taken by compare-and-set."""

from datetime import datetime, timedelta

from django.db.models import Q

from dashboard.models import Lease

PROCESS = "process:"


def hold_lease(name: str, *, owner: str, seconds: float, now: datetime) -> bool:
    """Take the lease or renew it; return whether `owner` holds it now."""
    until = now + timedelta(seconds=seconds)
    free = Q(owner=owner) | Q(expires_at__lte=now)
    if Lease.objects.filter(free, name=name).update(owner=owner, expires_at=until):
        return True
    Lease.objects.bulk_create([Lease(name=name, owner=owner, expires_at=until)], ignore_conflicts=True)
    return Lease.objects.filter(name=name, owner=owner, expires_at=until).exists()


def give_up_lease(name: str, *, owner: str) -> None:
    """Give the lease back before its time."""
    Lease.objects.filter(name=name, owner=owner).delete()


def show_life(process: str, *, seconds: float, now: datetime) -> None:
    """Say that a serving process lives, and will have said so again before `seconds` are over."""
    hold_lease(PROCESS + process, owner=process, seconds=seconds, now=now)
