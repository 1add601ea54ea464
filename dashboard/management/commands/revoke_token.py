"""`manage.py revoke_token WHICH`: refuse a token from now on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone

from dashboard.management.commands.create_token import COMMAND_LINE
from dashboard.models import ApiToken
from dashboard.services.tokens import digest_of, revoke_token


class Command(BaseCommand):
    help = "Refuse a token from now on. What it did stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("which", help="its number, its name, how it begins, or the whole token")
        parser.add_argument("--reason", default="by the command line", help="kept with the order")

    def handle(self, *_: Any, **given: Any) -> None:
        which = given["which"]
        number = Q(pk=int(which)) if which.isdecimal() and len(which) < 19 else Q(name=which)
        found = ApiToken.objects.filter(number | Q(name=which) | Q(prefix=which) | Q(digest=digest_of(which)))
        tokens = list(found.filter(revoked_at=None)[:2])
        if not tokens:
            raise CommandError(f"There is no token {which} that is not revoked already.")
        if len(tokens) > 1:
            raise CommandError(f"{which} may mean several tokens: name one by its number.")
        token = revoke_token(tokens[0].pk, by=COMMAND_LINE, reason=given["reason"], now=timezone.now())
        self.stdout.write(f"Token {token.pk}, {token}, opens nothing from now on.")
