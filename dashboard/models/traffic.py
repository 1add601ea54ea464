"""What agents tell each other and themselves, and which lifecycle actions are under way."""

from django.db import models
from django.db.models import F, Q

from dashboard.enums import ReminderStatus, TransientKind, TransientOutcome
from dashboard.models.roster import Agent


class Message(models.Model):
    """A message in the broker. `sender` and `recipient` are names: an agent, `operator`, `system`; `*` is everyone.

    `thread` is the first message of its conversation (itself null), so a conversation is one indexed look.
    """

    sender = models.CharField(max_length=63)
    recipient = models.CharField(max_length=63)
    body = models.TextField()
    sent_at = models.DateTimeField()
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replies")
    thread = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="thread_messages")
    actor = models.CharField(max_length=200, blank=True, help_text="The person who wrote it, if one did.")
    token = models.ForeignKey("dashboard.ApiToken", models.SET_NULL, null=True, blank=True, related_name="+")
    redacted = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(body=""), name="message_has_a_body")]
        indexes = [
            models.Index(fields=["sender", "-id"], name="message_by_sender"),
            models.Index(fields=["recipient", "-id"], name="message_by_recipient"),
        ]

    def __str__(self) -> str:
        return f"{self.sender} → {self.recipient}"


class Delivery(models.Model):
    """One message in one inbox; a message to everyone has one for each agent that was there."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="deliveries")
    recipient = models.CharField(max_length=63)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["message", "recipient"], name="delivered_once_per_inbox")]
        indexes = [models.Index(fields=["recipient", "id"], condition=Q(delivered_at=None), name="delivery_unread")]

    def __str__(self) -> str:
        return f"{self.message_id} in the inbox of {self.recipient}"


class Reminder(models.Model):
    """A message that an agent schedules to itself."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="reminders")
    token = models.ForeignKey("dashboard.ApiToken", models.SET_NULL, null=True, blank=True, related_name="+")
    message = models.TextField()
    redacted = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    status = models.CharField(max_length=10, default=ReminderStatus.PENDING)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=[*ReminderStatus]), name="reminder_status_known"),
            models.CheckConstraint(
                condition=Q(status=ReminderStatus.PENDING, resolved_at=None)
                | (~Q(status=ReminderStatus.PENDING) & Q(resolved_at__isnull=False)),
                name="reminder_resolved_once",
            ),
        ]
        indexes = [models.Index(fields=["due_at", "id"], condition=Q(status="pending"), name="reminder_next")]

    def __str__(self) -> str:
        return f"{self.agent_id} at {self.due_at}"


class Transient(models.Model):
    """A lifecycle action of an agent. At most one is under way; the next one supersedes it.

    `gives_up_at` is when nobody believes in it any more: the clock then ends it as failed, so no row spins for ever.
    """

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="transients")
    token = models.ForeignKey("dashboard.ApiToken", models.SET_NULL, null=True, blank=True, related_name="+")
    transient_kind = models.CharField(max_length=40, help_text=", ".join(TransientKind))
    since = models.DateTimeField()
    gives_up_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agent"], condition=Q(ended_at=None), name="one_transient_under_way"),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="") | Q(ended_at__isnull=False, outcome__in=[*TransientOutcome]),
                name="transient_ends_with_an_outcome",
            ),
            models.CheckConstraint(condition=Q(gives_up_at__gt=F("since")), name="transient_gives_up_later"),
        ]
        indexes = [models.Index(fields=["gives_up_at"], condition=Q(ended_at=None), name="transient_open")]

    def __str__(self) -> str:
        return f"{self.transient_kind} {self.outcome or 'under way'}"
