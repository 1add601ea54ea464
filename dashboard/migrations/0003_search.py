"""History that can be searched: a row for each ask that has ended, and the index over its words."""

import re
from typing import Any
from unicodedata import normalize

import django.db.models.deletion
from django.db import migrations, models

WORD = re.compile(r"[^\W_]+")
SQLITE = (
    """CREATE VIRTUAL TABLE dashboard_decision_words
       USING fts5(words, content='dashboard_decision', content_rowid='id', prefix='2 3 4')""",
    """CREATE TRIGGER dashboard_decision_added AFTER INSERT ON dashboard_decision BEGIN
         INSERT INTO dashboard_decision_words(rowid, words) VALUES (new.id, new.words);
       END""",
    """CREATE TRIGGER dashboard_decision_removed AFTER DELETE ON dashboard_decision BEGIN
         INSERT INTO dashboard_decision_words(dashboard_decision_words, rowid, words)
         VALUES ('delete', old.id, old.words);
       END""",
    """CREATE TRIGGER dashboard_decision_changed AFTER UPDATE OF words ON dashboard_decision BEGIN
         INSERT INTO dashboard_decision_words(dashboard_decision_words, rowid, words)
         VALUES ('delete', old.id, old.words);
         INSERT INTO dashboard_decision_words(rowid, words) VALUES (new.id, new.words);
       END""",
)
SQLITE_BACK = (
    "DROP TRIGGER dashboard_decision_added",
    "DROP TRIGGER dashboard_decision_removed",
    "DROP TRIGGER dashboard_decision_changed",
    "DROP TABLE dashboard_decision_words",
)
POSTGRES = (
    """ALTER TABLE dashboard_decision
       ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED""",
    "CREATE INDEX decision_search ON dashboard_decision USING gin (search)",
)
POSTGRES_BACK = ("DROP INDEX decision_search", "ALTER TABLE dashboard_decision DROP COLUMN search")


def index_words(_apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, SQLITE, POSTGRES)


def forget_words(_apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, SQLITE_BACK, POSTGRES_BACK)


def _run(schema_editor: Any, sqlite: tuple[str, ...], postgres: tuple[str, ...]) -> None:
    with schema_editor.connection.cursor() as cursor:
        for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgres:
            cursor.execute(statement)


def record_the_past(apps: Any, _schema_editor: Any) -> None:
    """What ended before there was such a list; as `services.history` writes it."""
    decision = apps.get_model("dashboard", "Decision")
    for noun, texts in (
        ("Approval", ("approval_kind", "tool_name", "command", "description", "note")),
        ("Question", ("target", "question", "answer", "note")),
    ):
        ended = apps.get_model("dashboard", noun).objects.exclude(status="pending").select_related("agent")
        rows = []
        for ask in ended.order_by("id").iterator(chunk_size=500):
            question = noun == "Question"
            said = " ".join([ask.agent.name, ask.resolved_by, *(getattr(ask, text)[:10_000] for text in texts)])
            rows.append(
                decision(
                    id=int(ask.resolved_at.timestamp() * 1000) * 1_000_000 + (ask.pk * 2 + question) % 1_000_000,
                    approval=None if question else ask,
                    question=ask if question else None,
                    agent=ask.agent,
                    kind="question" if question else ask.approval_kind,
                    status=ask.status,
                    risk="" if question else ask.risk,
                    resolved_by=ask.resolved_by,
                    resolved_via=ask.resolved_via,
                    words=" ".join(["question"] * question + WORD.findall(normalize("NFKC", said).casefold())),
                )
            )
            if len(rows) == 500:
                decision.objects.bulk_create(rows)
                rows = []
        decision.objects.bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0002_traffic"),
    ]

    operations = [
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kind", models.CharField(help_text="The kind of approval; `question` for a question.", max_length=60)),
                ("status", models.CharField(max_length=20)),
                ("risk", models.CharField(blank=True, max_length=10)),
                ("resolved_by", models.CharField(max_length=200)),
                ("resolved_via", models.CharField(blank=True, max_length=20)),
                ("words", models.TextField()),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dashboard.agent"
                    ),
                ),
                (
                    "approval",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="dashboard.approval",
                    ),
                ),
                (
                    "question",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="dashboard.question",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["agent", "id"], name="decision_by_agent"),
                    models.Index(fields=["status", "id"], name="decision_by_status"),
                    models.Index(fields=["resolved_by", "id"], name="decision_by_who"),
                    models.Index(fields=["resolved_via", "id"], name="decision_by_door"),
                    models.Index(fields=["risk", "id"], name="decision_by_risk"),
                    models.Index(fields=["kind", "id"], name="decision_by_kind"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approval", None), ("question__isnull", False)),
                            models.Q(("approval__isnull", False), ("question", None)),
                            _connector="OR",
                        ),
                        name="decision_of_one_ask",
                    )
                ],
            },
        ),
        migrations.RunPython(index_words, forget_words),
        migrations.RunPython(record_the_past, migrations.RunPython.noop),
    ]
