"""`manage.py prune`: delete now what the console deletes by itself each hour, and say what went."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.services.retention import prune_batch, would_go


class Command(BaseCommand):
    help = "Delete what is past its time: old events, messages that were read, ended sign-ins. Decisions stay."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what would go")
        parser.add_argument("--days", type=float, help="how many days are kept (default: PERSPT_KEEP_DAYS)")

    def handle(self, *_: Any, **given: Any) -> None:
        days = settings.KEEP_DAYS if given["days"] is None else given["days"]
        if not 0 < days < 1e6:
            raise CommandError("--days is a number greater than 0.")
        now = timezone.now()
        if given["dry_run"]:
            self.tell("Would delete", would_go(now=now, keep_days=days))
            return
        gone: Counter[str] = Counter()
        while batch := prune_batch(now=now, keep_days=days):
            gone += batch
        self.tell("Deleted", gone)

    def tell(self, what: str, counts: Counter[str]) -> None:
        words = ", ".join(f"{number} {name}" for name, number in counts.items())
        self.stdout.write(f"{what} {words}." if words else f"{what} nothing: all there is is within its time.")
