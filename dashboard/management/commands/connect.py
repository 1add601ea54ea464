"""`manage.py connect claude-code`: this computer's Claude Code reports and asks here. `--remove` takes it back."""

import getpass
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from dashboard.doors import connecting
from dashboard.doors.claude_settings import Connection, Gate, settings_of, tokens_in
from dashboard.doors.json_text import NotJsonError
from dashboard.doors.settings_file import ChangedMeanwhileError
from dashboard.enums import Door, Role
from dashboard.services.actor import Actor
from dashboard.services.errors import Refused
from dashboard.services.tokens import host_name

DEFAULT_URL = "http://127.0.0.1:8000"


class Command(BaseCommand):
    help = "Connect the Claude Code of this computer to this console, by its HTTP hooks."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("agent", choices=["claude-code"], help="What to connect.")
        parser.add_argument(
            "--scope",
            choices=["user", "project"],
            default="user",
            help="user: ~/.claude/settings.json, for everything you do. project: .claude/settings.local.json in the "
            "folder you are in; the personal file, because the shared one would put the token into version control.",
        )
        parser.add_argument(
            "--gate",
            nargs="?",
            choices=["closed", "open"],
            const="closed",
            help="For runs without a terminal: every call that changes something waits for the console, and silence "
            "denies. With the console stopped, calls are blocked; --gate=open lets them through then.",
        )
        parser.add_argument("--url", help=f"The console's address (default: PERSPT_URL, else {DEFAULT_URL}).")
        parser.add_argument("--host", help="First part of the agents' names (default: this computer's name).")
        parser.add_argument("--print", action="store_true", dest="only_print", help="Print the JSON, write nothing.")
        parser.add_argument("--dry-run", action="store_true", help="Show the change, make and write nothing.")
        parser.add_argument("--remove", action="store_true", help="Take out what was written, and revoke its token.")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            if options["remove"]:
                self.remove(_path(options), dry_run=options["dry_run"])
            elif options["only_print"]:
                self.print_only(options)
            else:
                self.connect(_path(options), options)
        except NotJsonError as trouble:
            message = f"{_path(options)} cannot be read as JSON: {trouble}. Nothing was written."
            raise CommandError(message) from None
        except (ChangedMeanwhileError, Refused) as trouble:
            raise CommandError(str(trouble)) from None
        except (OSError, UnicodeDecodeError) as trouble:
            raise CommandError(f"{_path(options)}: {trouble}. Nothing was written.") from None
        except DatabaseError as trouble:
            message = f"The console's database does not answer ({trouble}). Start the console once: make run"
            raise CommandError(message) from None

    def print_only(self, options: dict[str, Any]) -> None:
        text = connecting.PLACEHOLDER if options["dry_run"] else self.token(_host(options))
        self.stdout.write(json.dumps(settings_of(_connection(options, text)), indent=2))

    def connect(self, path: Path, options: dict[str, Any]) -> None:
        plan = connecting.connecting(path, _connection(options, connecting.PLACEHOLDER))
        if options["dry_run"]:
            self.stdout.write(plan.diff())
            return
        host = _host(options)
        connection = _connection(options, self.token(host))
        change = connecting.connecting(path, connection)
        try:
            copy = change.file.replace(change.after, now=timezone.now())
        except BaseException:
            self.revoke([connection.token], "its settings could not be written")
            raise
        self.stdout.write(change.diff())
        self.stdout.write(f"\nWritten to {change.file.path}" + (f"; as it was: {copy.name}" if copy else ""))
        if revoked := self.revoke(tokens_in(change.file.text or "{}"), f"{host} was connected again"):
            self.stdout.write(f"Revoked {revoked} token(s) of the connection before.")
        self.stdout.write(f"Agents of this computer will be called {host}-<folder>.")
        if options["scope"] == "project":
            self.stdout.write("The file holds a token: keep .claude/settings.local.json out of version control.")
        for sentence in connecting.hindrances(change.after, connection):
            self.stderr.write(f"Mind: {sentence}")
        self.say_whether_it_works(connection)

    def say_whether_it_works(self, connection: Connection) -> None:
        tried, word = connecting.try_out(connection, folder=Path.cwd())
        if tried is connecting.Tried.ANSWERED:
            self.stdout.write(f"The console at {connection.url} has noted a first event: see its activity.")
        elif tried is connecting.Tried.NOBODY:
            blocked = " Until then the gate blocks every call." if connection.gate is Gate.CLOSED else ""
            self.stderr.write(
                f"The console does not answer at {connection.url} ({word}). The settings stand; start it (make run), "
                f"or connect again with its --url.{blocked}"
            )
        else:
            raise CommandError(
                f"What answers at {connection.url} does not know this token ({word}). The settings stand, but nothing "
                "will arrive: connect again with the --url of this console, or take it back with --remove."
            )

    def remove(self, path: Path, *, dry_run: bool) -> None:
        change = connecting.disconnecting(path)
        if change.is_none:
            self.stdout.write(f"{change.file.path} holds no connection to a console.")
            return
        self.stdout.write(change.diff())
        if dry_run:
            return
        copy = change.file.replace(change.after, now=timezone.now())
        self.stdout.write(f"\nTaken out of {change.file.path}" + (f"; as it was: {copy.name}" if copy else ""))
        revoked = self.revoke(tokens_in(change.file.text), "disconnected")
        self.stdout.write(f"Revoked {revoked} token(s).")

    def token(self, host: str) -> str:
        return connecting.new_token(host, by=_whoever_runs_this(), now=timezone.now())[1]

    def revoke(self, texts: list[str], reason: str) -> int:
        return connecting.revoke_all(texts, by=_whoever_runs_this(), reason=reason, now=timezone.now())


def _path(options: dict[str, Any]) -> Path:
    return connecting.settings_path(options["scope"], home=Path.home(), folder=Path.cwd())


def _connection(options: dict[str, Any], token: str) -> Connection:
    url = (options["url"] or settings.PUBLIC_URL or DEFAULT_URL).rstrip("/")
    try:
        return Connection(url, token, Gate(options["gate"] or ""))
    except ValueError as trouble:
        raise CommandError(str(trouble)) from None


def _host(options: dict[str, Any]) -> str:
    return host_name(options["host"]) if options["host"] else connecting.this_host()


def _whoever_runs_this() -> Actor:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "somebody"
    return Actor(f"{name}@command-line", role=Role.ADMIN, door=Door.COMMAND_LINE)
