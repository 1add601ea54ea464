"""`manage.py restore FILE`: put a backup in place of what is there; the old data stays beside it."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.utils import timezone

from dashboard.management.archive import Unpacked, put_key, unpacked
from dashboard.management.stores import SqliteStore, Store, store_here
from dashboard.management.versions import applied_here, refusal_of_newer
from dashboard.models import Lease
from dashboard.services.leases import PROCESS


class Command(BaseCommand):
    help = "Put a backup in place of the data that is there. The old data is kept beside it. Stop the console first."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what `manage.py backup` wrote")
        parser.add_argument("--yes", action="store_true", help="do not ask before data is put aside")
        parser.add_argument("--force", action="store_true", help="although a console seems to run on this data")

    def handle(self, *_: Any, **given: Any) -> None:
        store, file = store_here(), given["file"].expanduser().absolute()
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            taken = store.exists() and bool(applied_here())
            if taken and not given["force"]:
                self.refuse_while_served()
            connection.close()
            with unpacked(file, store, beside=_folder(store)) as backup:
                if sentence := refusal_of_newer(backup.manifest.migrations, what="The backup"):
                    raise CommandError(sentence)
                if taken and not given["yes"]:
                    self.ask()
                self.put(backup, store)
        except (OSError, DatabaseError) as error:
            raise CommandError(f"The backup was not restored: {error}") from None

    def refuse_while_served(self) -> None:
        living = Lease.objects.filter(name__startswith=PROCESS, expires_at__gt=timezone.now())
        if owners := ", ".join(living.values_list("owner", flat=True)):
            raise CommandError(
                f"A console is running on this data ({owners}). Stop it first; one that was killed is taken for dead "
                "after ten seconds. With --force the data is replaced all the same; then restart it at once."
            )

    def ask(self) -> None:
        if not sys.stdin.isatty():
            raise CommandError("There is data already. Say --yes to put it aside and restore the backup.")
        if input("There is data already. Put it aside and restore the backup? [y/N] ").strip().lower() != "y":
            raise CommandError("Nothing was changed.")

    def put(self, backup: Unpacked, store: Store) -> None:
        kept = store.replace_by(backup.database, stamp=f"{timezone.now():%Y%m%dT%H%M%SZ}")
        put_key(backup.key, settings.DATA, kept=kept)
        manifest = backup.manifest
        self.stdout.write(f"Restored the backup of {manifest.made_at} (version {manifest.version}).")
        self.stdout.write("Its log has a new epoch: browsers and agents that come back start over by themselves.")
        if kept:
            self.stdout.write(f"What was there before is in {kept}.")
        self.stdout.write("Start the console: make run (with another server first: manage.py migrate)")


def _folder(store: Store) -> Path:
    """On the disk of the database, so that the last step is a rename."""
    return store.path.parent if isinstance(store, SqliteStore) else Path(settings.DATA)
