"""Who may: tokens of machines (hashed, scoped), the counters that slow guessing down, and who was turned away."""

from fnmatch import fnmatchcase

from django.db import models
from django.db.models import Q

from dashboard.enums import Scope


class ApiToken(models.Model):
    """A machine's key. Only its SHA-256 is kept; `prefix` is its readable beginning, to tell tokens apart.

    `agents` restricts it to agent names that match one of these patterns (`hel-1-*`); empty means any agent.
    """

    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    agents = models.JSONField(default=list, blank=True)
    host = models.CharField(max_length=63, blank=True, help_text="Begins the names of agents that are named by folder.")
    created_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="token_has_a_name")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def may(self, scope: Scope) -> bool:
        return self.revoked_at is None and scope in self.scopes

    def covers(self, agent: str) -> bool:
        """Whether it may speak for the agent of this name."""
        return not self.agents or any(fnmatchcase(agent, pattern) for pattern in self.agents)


class Throttle(models.Model):
    """How often something was tried since `since`; kept in the database, so that all processes count together."""

    key = models.CharField(max_length=160, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


class Refusal(models.Model):
    """How often someone was turned away at a door within an hour, for one reason; bounded, so that nobody fills it."""

    hour = models.DateTimeField()
    door = models.CharField(max_length=20)
    address = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=40)
    about = models.CharField(max_length=160, blank=True, help_text="The token or account that was known.")
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["hour", "door", "address", "reason"], name="refusal_counted_once_an_hour")
        ]
        indexes = [models.Index(fields=["-last_at", "-id"], name="refusal_latest")]

    def __str__(self) -> str:
        return f"{self.reason} at {self.door} from {self.address or '?'}: {self.count}"
