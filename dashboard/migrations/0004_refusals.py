"""Who was turned away, counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0003_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="Refusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField()),
                ("door", models.CharField(max_length=20)),
                ("address", models.CharField(blank=True, max_length=60)),
                ("reason", models.CharField(max_length=40)),
                (
                    "about",
                    models.CharField(blank=True, help_text="The token or account that was known.", max_length=160),
                ),
                ("count", models.PositiveIntegerField(default=0)),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-last_at", "-id"],
                "indexes": [models.Index(fields=["-last_at", "-id"], name="refusal_latest")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hour", "door", "address", "reason"), name="refusal_counted_once_an_hour"
                    )
                ],
            },
        ),
    ]
