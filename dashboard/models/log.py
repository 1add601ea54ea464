"""The durable event log: the change feed of all other tables, written in the same transactions as their rows."""

import random

from django.db import models
from django.db.models import Q


def new_epoch() -> str:
    """Return the random id of a log; a wiped log or a restored backup gets another."""
    return f"{_chance.getrandbits(64):016x}"


_chance = random.Random()  # noqa: S311  no secret, and asked for at every append


class LogState(models.Model):
    """The one row that numbers the log: `seq` is the last number given out, `floor` the last one that was pruned."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    epoch = models.CharField(max_length=32, default=new_epoch)
    floor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="log_has_one_counter"),
            models.CheckConstraint(condition=Q(seq__gte=models.F("floor")), name="log_floor_below_head"),
        ]

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}"


class Event(models.Model):
    """A row of the log. `frame` is the JSON text sent to clients, built once; `at` is in unix seconds.

    `agent` and `peer` hold the names it concerns, for the feed's filter; `ref` names what changed (`approval:12`).
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    agent = models.CharField(max_length=63, blank=True)
    peer = models.CharField(max_length=63, blank=True)
    ref = models.CharField(max_length=80, blank=True)
    frame = models.TextField()

    class Meta:
        ordering = ["seq"]
        indexes = [
            models.Index(fields=["kind", "seq"], name="event_by_kind"),
            models.Index(fields=["agent", "seq"], name="event_by_agent"),
            models.Index(fields=["peer", "seq"], condition=~Q(peer=""), name="event_by_peer"),
            models.Index(fields=["ref", "seq"], condition=~Q(ref=""), name="event_by_ref"),
        ]
        constraints = [models.CheckConstraint(condition=Q(seq__gt=0), name="event_seq_positive")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class Lease(models.Model):
    """What only one process may do, or the proof that a process lives (`process:<id>`), until `expires_at`."""

    name = models.CharField(max_length=120, primary_key=True)
    owner = models.CharField(max_length=64)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} held by {self.owner}"
