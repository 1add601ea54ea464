"""`manage.py follow`: follow perspt's stores without serving, as the engine of a serving process does."""

import asyncio
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.live.stores import follow_stores, followed


class Command(BaseCommand):
    help = "Follow perspt's stores (PERSPT_STORES and perspt's own) until interrupted; one process at a time does."
    requires_system_checks = ()

    def handle(self, *_: Any, **__: Any) -> None:
        paths = followed()
        if not paths:
            raise CommandError("There is no store to follow: name one in PERSPT_STORES.")
        for path in paths:
            self.stdout.write(f"Following {path}")
        with suppress(KeyboardInterrupt):
            asyncio.run(follow_stores())
