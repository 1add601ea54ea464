"""What waits for a person: approvals and questions, with how each ended. Rows are never deleted by the console."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from dashboard.enums import ApprovalStatus, OnDeadline, QuestionStatus, Risk
from dashboard.models.roster import Agent, AgentSession

PENDING = ApprovalStatus.PENDING


class Ask(models.Model):
    """What approvals and questions share: who asks, until when, and who ended it.

    `request_id` is the asker's own name for the request: posting it again is the same request. `holder` is the serving
    process that keeps the asker's connection open; when that process dies nobody could hear the answer, so the ask is
    withdrawn. `match_key` finds the ask again when a later event tells what became of it.
    """

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="+")
    session = models.ForeignKey(AgentSession, models.SET_NULL, null=True, blank=True, related_name="+")
    token = models.ForeignKey("dashboard.ApiToken", models.SET_NULL, null=True, blank=True, related_name="+")
    request_id = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=20, default=PENDING)
    digest = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    deadline_at = models.DateTimeField(null=True, blank=True)
    blocking = models.BooleanField(default=False, help_text="The agent cannot go on before the answer.")
    door = models.CharField(max_length=20, help_text="By which door it came: hook or api.")
    holder = models.CharField(max_length=64, blank=True)
    match_key = models.CharField(max_length=64, blank=True)
    tool_use_id = models.CharField(max_length=120, blank=True)
    previous = models.JSONField(null=True, blank=True, help_text="What it said before it last changed.")
    redacted = models.PositiveIntegerField(default=0, help_text="Secrets that were cut out before storing.")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=200, blank=True)
    resolved_via = models.CharField(max_length=20, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        abstract = True

    @property
    def pending(self) -> bool:
        return self.status == PENDING


class Approval(Ask):
    """A request that needs a person's yes or no. `digest` binds the decision to what was shown (design §6)."""

    approval_kind = models.CharField(max_length=60)
    description = models.TextField(blank=True)
    command = models.TextField(blank=True)
    cwd = models.CharField(max_length=1000, blank=True)
    diff = models.TextField(blank=True)
    commit_ref = models.CharField(max_length=200, blank=True)
    tool_name = models.CharField(max_length=200, blank=True)
    tool_input: models.JSONField[Any] = models.JSONField(null=True, blank=True)
    risk = models.CharField(max_length=10, default=Risk.UNKNOWN)
    risk_rank = models.PositiveSmallIntegerField(default=Risk.UNKNOWN.rank)
    risk_reasons = models.JSONField(default=list)
    on_deadline = models.CharField(max_length=10, default=OnDeadline.EXPIRE)
    gate = models.BooleanField(default=False, help_text="The agent runs without a terminal: nobody else can answer.")
    suggestions = models.JSONField(default=list, help_text="Rules the agent offered to remember, as it sent them.")
    granted = models.JSONField(default=list, help_text="Those of them that were granted with the approval.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "request_id"], condition=~Q(request_id=""), name="approval_once_per_request"
            ),
            models.CheckConstraint(
                condition=Q(status=PENDING, resolved_at=None, resolved_by="")
                | (~Q(status=PENDING) & Q(resolved_at__isnull=False) & ~Q(resolved_by="")),
                name="approval_resolved_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(on_deadline__in=[*OnDeadline]), name="approval_never_allowed_by_silence"
            ),
            models.CheckConstraint(condition=Q(risk__in=[*Risk]), name="approval_risk_known"),
            models.CheckConstraint(
                condition=Q(deadline_at=None) | Q(deadline_at__gte=F("asked_at")), name="approval_deadline_after_asking"
            ),
        ]
        indexes = [
            models.Index(
                fields=["deadline_at", "id"],
                condition=Q(status=PENDING),
                name="approval_queue",
            ),
            models.Index(fields=["match_key"], condition=Q(status=PENDING) & ~Q(match_key=""), name="approval_match"),
            models.Index(fields=["session"], condition=Q(status=PENDING), name="approval_open_of_session"),
            models.Index(fields=["-resolved_at", "-id"], condition=~Q(status=PENDING), name="approval_resolved"),
            models.Index(fields=["agent", "approval_kind", "-id"], name="approval_alike"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.approval_kind} {self.status}"


class Question(Ask):
    """Something an agent wants to know. `target` empty means the operator.

    `parts` holds one object per question asked at once: `{"question", "header", "options": [{"label",
    "description"}], "multi"}`; `answers` maps each question's text to its answer, `answer` is all of it as one text.
    """

    question = models.TextField()
    parts = models.JSONField(default=list)
    multi = models.BooleanField(default=False)
    target = models.CharField(max_length=63, blank=True)
    default_answer = models.TextField(blank=True)
    in_terminal = models.BooleanField(default=False, help_text="Only the agent's terminal can answer it.")
    answer = models.TextField(blank=True)
    answers = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "request_id"], condition=~Q(request_id=""), name="question_once_per_request"
            ),
            models.CheckConstraint(
                condition=Q(status=PENDING, resolved_at=None, resolved_by="")
                | (~Q(status=PENDING) & Q(resolved_at__isnull=False) & ~Q(resolved_by="")),
                name="question_resolved_by_someone",
            ),
            models.CheckConstraint(condition=Q(status__in=[*QuestionStatus]), name="question_status_known"),
            models.CheckConstraint(
                condition=Q(deadline_at=None) | Q(deadline_at__gte=F("asked_at")), name="question_deadline_after_asking"
            ),
        ]
        indexes = [
            models.Index(
                fields=["deadline_at", "id"],
                condition=Q(status=PENDING),
                name="question_queue",
            ),
            models.Index(fields=["match_key"], condition=Q(status=PENDING) & ~Q(match_key=""), name="question_match"),
            models.Index(fields=["session"], condition=Q(status=PENDING), name="question_open_of_session"),
            models.Index(fields=["-resolved_at", "-id"], condition=~Q(status=PENDING), name="question_resolved"),
        ]

    def __str__(self) -> str:
        return f"?{self.pk} {self.status}"
