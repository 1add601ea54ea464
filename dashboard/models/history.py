"""History as it is looked for: a row for each ask that has ended, whatever it was."""

from django.db import models
from django.db.models import Q

from dashboard.models.queue import Approval, Question
from dashboard.models.roster import Agent

SLOTS = 1_000_000


class Decision(models.Model):
    """How an ask ended, and the words by which it is found. Approvals and questions are one list here.

    `id` tells when: the milliseconds of the ending, then a slot of `SLOTS` that tells asks of the same one apart. So
    the newest come first in the order of the key, also in the index of the words, and a page of any search begins
    where the last one ended without sorting what was found.

    The words are indexed by the database: in SQLite by the table `dashboard_decision_words`, which triggers on this
    table keep (an alteration that makes this table anew has to make them anew); in PostgreSQL by the column `search`.
    """

    id = models.BigIntegerField(primary_key=True)
    approval = models.OneToOneField(Approval, models.CASCADE, null=True, blank=True, related_name="+")
    question = models.OneToOneField(Question, models.CASCADE, null=True, blank=True, related_name="+")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=60, help_text="The kind of approval; `question` for a question.")
    status = models.CharField(max_length=20)
    risk = models.CharField(max_length=10, blank=True)
    resolved_by = models.CharField(max_length=200)
    resolved_via = models.CharField(max_length=20, blank=True)
    words = models.TextField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approval=None, question__isnull=False) | Q(approval__isnull=False, question=None),
                name="decision_of_one_ask",
            ),
        ]
        indexes = [
            models.Index(fields=["agent", "id"], name="decision_by_agent"),
            models.Index(fields=["status", "id"], name="decision_by_status"),
            models.Index(fields=["resolved_by", "id"], name="decision_by_who"),
            models.Index(fields=["resolved_via", "id"], name="decision_by_door"),
            models.Index(fields=["risk", "id"], name="decision_by_risk"),
            models.Index(fields=["kind", "id"], name="decision_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"
