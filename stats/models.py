"""What is counted: a row for each turn, and for each tool used in it.

Columns are named as hyperhive's `turn_stats` names them. Times are unix seconds, UTC. NULL is unknown, never 0.
Agents and sessions are named by text: a turn may be older, or from elsewhere, than anything on the roster.
"""

from django.db import models
from django.db.models import F, Q


class Turn(models.Model):
    """One wake, one run, one result. The same turn told again is the same row (`turn_once`).

    The four token counts are sums over the turn; the `last_` ones are of its last model request, whose three prompt
    columns together are the size of the context. `cost_usd_micros` is what the agent itself reported.
    """

    agent = models.CharField(max_length=63)
    session_id = models.CharField(max_length=300, null=True, blank=True)  # noqa: DJ001  NULL is unknown, as in all columns
    started_at = models.BigIntegerField()
    ended_at = models.BigIntegerField()
    duration_ms = models.BigIntegerField()
    model = models.CharField(max_length=120, blank=True, help_text="As requested.")
    model_reported = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001
    wake_from = models.CharField(max_length=120, blank=True, help_text="Who sent what woke it.")
    wake_kind = models.CharField(max_length=20, default="unknown")
    result_kind = models.CharField(max_length=40)
    note = models.TextField(null=True, blank=True)  # noqa: DJ001
    input_tokens = models.BigIntegerField(null=True, blank=True)
    output_tokens = models.BigIntegerField(null=True, blank=True)
    cache_read_input_tokens = models.BigIntegerField(null=True, blank=True)
    cache_creation_input_tokens = models.BigIntegerField(null=True, blank=True)
    last_input_tokens = models.BigIntegerField(null=True, blank=True)
    last_output_tokens = models.BigIntegerField(null=True, blank=True)
    last_cache_read_input_tokens = models.BigIntegerField(null=True, blank=True)
    last_cache_creation_input_tokens = models.BigIntegerField(null=True, blank=True)
    context_window = models.BigIntegerField(null=True, blank=True)
    num_turns = models.IntegerField(null=True, blank=True, help_text="Model round trips.")
    duration_api_ms = models.BigIntegerField(null=True, blank=True)
    cost_usd_micros = models.BigIntegerField(null=True, blank=True)
    tool_call_count = models.IntegerField(null=True, blank=True)
    permission_denial_count = models.IntegerField(null=True, blank=True)
    open_threads_count = models.IntegerField(null=True, blank=True)
    open_reminders_count = models.IntegerField(null=True, blank=True)
    source = models.CharField(max_length=20, help_text="How it came: api.")

    class Meta:
        ordering = ["-ended_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "started_at", "duration_ms", "wake_from", "model"], name="turn_once"
            ),
            models.CheckConstraint(condition=Q(ended_at__gte=F("started_at")), name="turn_ends_after_start"),
            models.CheckConstraint(condition=Q(duration_ms__gte=0), name="turn_lasts"),
        ]
        indexes = [
            models.Index(fields=["ended_at"], name="turn_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.agent} at {self.ended_at}: {self.result_kind}"


class TurnTool(models.Model):
    """How often one tool was used in a turn."""

    turn = models.ForeignKey(Turn, models.CASCADE, related_name="tools")
    tool = models.CharField(max_length=120)
    calls = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["turn", "tool"], name="tool_once_per_turn")]

    def __str__(self) -> str:
        return f"{self.tool}: {self.calls}"
