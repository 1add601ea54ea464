"""Who works: agents, and their sessions."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from dashboard.enums import AGENT_NAME, ActivityState, Source

agent_name = RegexValidator(
    rf"^{AGENT_NAME}\Z", "Letters, digits, dot, dash and underscore; up to 63, the first a letter or digit."
)


class Agent(models.Model):
    """A named actor. Its flags are orthogonal; each status says how we know it (`seen_by`) and since when (`seen_at`).

    `silent` is set by the clock when a working agent has said nothing for a while; the next word clears it.
    """

    name = models.CharField(max_length=63, unique=True, validators=[agent_name])
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    runtime = models.CharField(max_length=40, blank=True, help_text="What kind of agent it is, such as claude.")
    host = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=20, default=ActivityState.UNKNOWN)
    running = models.BooleanField(default=True)
    paused = models.BooleanField(default=False)
    failed = models.BooleanField(default=False)
    needs_login = models.BooleanField(default=False)
    needs_update = models.BooleanField(default=False)
    silent = models.BooleanField(default=False)
    status_text = models.CharField(max_length=300, blank=True)
    status_set_at = models.DateTimeField(null=True, blank=True)
    model = models.CharField(max_length=120, blank=True)
    seen_by = models.CharField(max_length=20, blank=True, help_text="How we know: hook, api, runner, store.")
    seen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True, help_text="Taken off the roster; comes back when seen.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="agent_has_a_name"),
            models.CheckConstraint(condition=Q(parent=None) | ~Q(parent=F("id")), name="agent_not_its_own_parent"),
        ]
        indexes = [models.Index(fields=["state", "seen_at"], name="agent_by_silence")]

    def __str__(self) -> str:
        return self.name


class AgentSession(models.Model):
    """One run or conversation of an agent; unique by where it comes from and its id there.

    It belongs to the token that first named it: another token cannot speak for it.
    """

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="sessions")
    token = models.ForeignKey("dashboard.ApiToken", models.SET_NULL, null=True, blank=True, related_name="sessions")
    source = models.CharField(max_length=20)
    external_id = models.CharField(max_length=300)
    title = models.CharField(max_length=300, blank=True)
    cwd = models.CharField(max_length=1000, blank=True)
    model = models.CharField(max_length=120, blank=True)
    permission_mode = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=20, default=ActivityState.UNKNOWN)
    silent = models.BooleanField(default=False)
    status_text = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-seen_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="session_once_per_source"),
            models.CheckConstraint(condition=Q(source__in=[*Source]), name="session_source_known"),
            models.CheckConstraint(condition=~Q(external_id=""), name="session_has_an_id"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="session_ends_after_start"
            ),
        ]
        indexes = [
            models.Index(fields=["-seen_at", "-id"], name="session_newest_first"),
            models.Index(fields=["agent", "-seen_at"], name="session_by_agent"),
            models.Index(fields=["state", "seen_at"], name="session_by_silence"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.external_id}"
