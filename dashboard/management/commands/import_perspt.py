"""`manage.py import_perspt [PATH]`: take what is new in a store of perspt, and say what that was."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.ingest.text import one_line
from dashboard.services.runs import Outcome, import_store

TELL_EVERY = 0.5


class Command(BaseCommand):
    help = "Import a perspt.db (default: perspt's own). Again is no harm: only what is new or changed is taken."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, default=settings.DEFAULT_STORE, help="the store to read")

    def handle(self, *_: Any, path: Path, **__: Any) -> None:
        began = told_at = time.monotonic()
        rows = 0

        def tell(table: str, count: int) -> None:
            nonlocal rows, told_at
            rows += count
            moment = time.monotonic()
            if moment - told_at >= TELL_EVERY:
                told_at = moment
                self.stderr.write(f"{rows:,} rows, {rows / (moment - began):,.0f} a second, {table}")

        folder = settings.DATA / "copies"
        outcome = import_store(path.expanduser().resolve(), folder=folder, now=timezone.now(), told=tell)
        self._summary(outcome, time.monotonic() - began)

    def _summary(self, outcome: Outcome, seconds: float) -> None:
        if outcome.trouble:
            raise CommandError(outcome.trouble)
        if outcome.unchanged:
            self.stdout.write("Unchanged since it was read; nothing to do.")
            return
        for table, count in outcome.taken.items():
            if count:
                self.stdout.write(f"{count:>10,}  {table}")
        for reason, count in outcome.rejected.items():
            self.stdout.write(f"{count:>10,}  not taken: {one_line(reason, 200)}")
        taken = outcome.taken.total()
        self.stdout.write(
            f"{taken:,} rows new or changed, {outcome.rejected.total():,} not taken, in {seconds:.1f} s"
            f" ({taken / max(seconds, 0.001):,.0f} a second)."
        )
