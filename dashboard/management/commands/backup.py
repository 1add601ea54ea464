"""`manage.py backup FILE`: everything there is, in one file, while the console runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from dashboard.management.archive import write_archive
from dashboard.management.stores import store_here


class Command(BaseCommand):
    help = "Write the database and the signing key into one tar file (0600), also while the console runs."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where to; in a folder it gets a name by the time")
        parser.add_argument("--force", action="store_true", help="replace a file that is there already")

    def handle(self, *_: Any, **given: Any) -> None:
        now = timezone.now()
        target: Path = given["file"].expanduser().absolute()
        if target.is_dir():
            target /= f"console-{now:%Y%m%dT%H%M%SZ}.tar"
        if target.exists() and not given["force"]:
            raise CommandError(f"{target} is there already. Choose another name, or replace it with --force.")
        store = store_here()
        try:
            if not store.exists():
                raise CommandError("There is no database yet, so there is nothing to back up. Start with: make run")
            manifest = write_archive(target, store, now=now)
        except (OSError, DatabaseError) as error:
            raise CommandError(f"Nothing was written: {error}") from None
        size = target.stat().st_size / 1e6
        self.stdout.write(f"Backed up to {target}: {size:.1f} MB, the log up to event {manifest.seq} or later.")
        self.stdout.write("It holds the signing key and all that agents wrote: keep it where only you can read it.")
