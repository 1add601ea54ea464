"""`manage.py create_token NAME`: make a token for a machine. The last line is the token and nothing else."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.enums import DEFAULT_SCOPES, Door, Role, Scope
from dashboard.services.actor import Actor
from dashboard.services.errors import Refused
from dashboard.services.tokens import create_token

COMMAND_LINE = Actor("command line", role=Role.ADMIN, door=Door.COMMAND_LINE)


class Command(BaseCommand):
    help = "Make a token for a machine. It is printed once, alone on the last line; only its hash is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what it is called, such as the machine's name")
        parser.add_argument(
            "--scope",
            action="append",
            choices=[*Scope],
            help=f"what it may do; may be repeated (default: {', '.join(DEFAULT_SCOPES)})",
        )
        parser.add_argument(
            "--agent", action="append", default=[], metavar="PATTERN", help="agents it speaks for, such as 'hel-1-*'"
        )
        parser.add_argument("--host", default="", help="begins the names of agents named by folder (default: NAME)")

    def handle(self, *_: Any, **given: Any) -> None:
        try:
            token, text = create_token(
                given["name"],
                by=COMMAND_LINE,
                now=timezone.now(),
                scopes=given["scope"] or DEFAULT_SCOPES,
                agents=given["agent"],
                host=given["host"],
            )
        except Refused as refused:
            reasons = "; ".join(f"{field}: {why}" for field, why in refused.fields.items())
            raise CommandError(f"{refused.message} {reasons}".strip()) from None
        whom = f"agents {', '.join(token.agents)}" if token.agents else "any agent"
        self.stdout.write(f"Token {token.pk}, {token.name}: {', '.join(token.scopes)}; speaks for {whom}.")
        self.stdout.write("Keep it: it cannot be shown again.")
        self.stdout.write(text)
