"""What operators order: each with who, why, from where, before and after, and how it went."""

from django.db import models
from django.db.models import Q

from dashboard.enums import CommandStatus
from dashboard.models.roster import Agent


class Command(models.Model):
    """An operator's order. The agent it is for fetches it and reports its outcome; the console's own end at once."""

    verb = models.CharField(max_length=40)
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, blank=True, related_name="+")
    subject = models.CharField(max_length=200, blank=True, help_text="What it is about, where that is no agent.")
    operator = models.CharField(max_length=200)
    address = models.CharField(max_length=60, blank=True)
    reason = models.TextField()
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    status = models.CharField(max_length=10, default=CommandStatus.ISSUED)
    error = models.TextField(blank=True)
    issued_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="command_has_a_reason"),
            models.CheckConstraint(condition=~Q(operator=""), name="command_has_an_operator"),
            models.CheckConstraint(condition=Q(status__in=[*CommandStatus]), name="command_status_known"),
            models.CheckConstraint(
                condition=Q(status=CommandStatus.ISSUED, resolved_at=None)
                | (~Q(status=CommandStatus.ISSUED) & Q(resolved_at__isnull=False)),
                name="command_resolved_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agent", "id"], condition=Q(status=CommandStatus.ISSUED), name="command_open_by_agent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.status}"
