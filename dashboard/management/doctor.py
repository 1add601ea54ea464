"""What `manage.py doctor` looks at: each finding says what was found and, where something is wrong, what mends it."""

import json
import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from dashboard.access.actors import alone
from dashboard.checks import front_end_is_installed
from dashboard.doors.claude_settings import tokens_in
from dashboard.doors.connecting import settings_path
from dashboard.doors.json_text import NotJsonError
from dashboard.management.versions import applied_here, refusal_of_newer
from dashboard.models import ApiToken, Event
from dashboard.services.tokens import digest_of

FINE, WARNING, ERROR = "fine", "warning", "error"
MANAGE = ".venv/bin/python manage.py"
SCARCE, TOO_SCARCE = 1_000_000_000, 100_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` is a line to type or to set; empty where nothing is to be done."""

    what: str
    level: str
    found: str
    mend: str = ""


def findings(*, port: int, home: Path) -> Iterator[Finding]:
    """Look at everything; a look that fails is a finding too."""
    looks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("Python", _python),
        ("front end", _front_end),
        ("data folder", _data_folder),
        ("disk", _disk),
        ("signing key", _signing_key),
        ("database", _database),
        ("clock", _clock),
        ("Redis", _redis),
        ("public address", _public_address),
        ("proxies", _proxies),
        ("accounts", _accounts),
        ("port", lambda: _port(port)),
        ("Claude Code", lambda: _claude_code(home)),
    ]
    for what, look in looks:
        try:
            yield from look()
        except DatabaseError:
            yield Finding(what, WARNING, "not looked at: it needs the database")
        except Exception as error:  # noqa: BLE001  whatever it is, the other looks go on
            yield Finding(what, ERROR, f"could not be looked at: {type(error).__name__}: {error}")


def _python() -> Iterator[Finding]:
    own = Path(sys.prefix) == Path(__file__).resolve().parents[2] / ".venv"
    found = f"{platform.python_version()}, {sys.executable}"
    yield Finding("Python", FINE, found if own else f"{found}; not the .venv of this folder")


def _front_end() -> Iterator[Finding]:
    if missing := front_end_is_installed():
        node = shutil.which("npm") or "no npm on this machine; make setup brings one into .venv"
        yield Finding("front end", ERROR, f"{' '.join(error.msg for error in missing)} npm: {node}", "make setup")
    else:
        yield Finding("front end", FINE, "installed; Node is only needed to install it")


def _data_folder() -> Iterator[Finding]:
    folder = Path(settings.DATA)
    mode = folder.stat().st_mode & 0o777
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            "data folder", ERROR, f"{folder} cannot be written by this account", f"chown -R $(id -un) {folder}"
        )
    elif mode & 0o077:
        yield Finding("data folder", WARNING, f"{folder} is open to other accounts ({mode:o})", f"chmod 700 {folder}")
    else:
        yield Finding("data folder", FINE, f"{folder}, for its owner alone")


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA).free
    level = ERROR if free < TOO_SCARCE else WARNING if free < SCARCE else FINE
    yield Finding("disk", level, f"{free / 1e9:.1f} GB free", "" if level == FINE else f"{MANAGE} prune, or make room")


def _signing_key() -> Iterator[Finding]:
    path = Path(settings.DATA) / "secret_key"
    if not path.exists() or path.read_text().strip() != settings.SECRET_KEY:
        short = len(settings.SECRET_KEY) < 32
        mend = f"PERSPT_SECRET_KEY=$({sys.executable} -c 'import secrets; print(secrets.token_urlsafe(48))')"
        found = f"from PERSPT_SECRET_KEY{', and short enough to be guessed' if short else ''}"
        yield Finding("signing key", WARNING if short else FINE, found, mend if short else "")
    elif path.stat().st_mode & 0o077:
        yield Finding("signing key", ERROR, f"{path} can be read by other accounts", f"chmod 600 {path}")
    else:
        yield Finding("signing key", FINE, f"{path}, for its owner alone")


def _database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
        if sentence := refusal_of_newer(applied_here()):
            yield Finding("database", ERROR, sentence, "git pull && make run")
            return
        executor = MigrationExecutor(connection)
        left = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError as error:
        mend = "set DATABASE_URL to a database that answers" if connection.vendor != "sqlite" else "make run"
        yield Finding("database", ERROR, f"does not answer: {str(error).strip()}", mend)
        return
    if left:
        yield Finding("database", ERROR, f"{left} migrations behind this code", f"make run, or: {MANAGE} migrate")
        return
    yield Finding("database", FINE, f"{connection.vendor}, migrated")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            mode = cursor.fetchone()[0]
        if mode != "wal":
            found = f"the journal is {mode}, so readers and writers wait for each other"
            yield Finding("database", WARNING, found, "PERSPT_DATA=… on a local disk: WAL works on no other")


def _clock() -> Iterator[Finding]:
    """Deadlines, sign-ins and the order of what happened hang on it."""
    now = timezone.now()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            away = abs((cursor.fetchone()[0] - now).total_seconds())
        if away > 2:
            yield Finding("clock", WARNING, f"{away:.0f} s away from the database's", "timedatectl set-ntp true")
            return
    newest = Event.objects.order_by("-seq").values_list("at", flat=True).first()
    if newest and datetime.fromtimestamp(newest, UTC) > now + timedelta(seconds=60):
        yield Finding("clock", WARNING, "the newest event lies in the future: the clock was set back", "timedatectl")
    else:
        yield Finding("clock", FINE, f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _redis() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        yield Finding("Redis", FINE, "not set; needed only with several hosts")
        return
    from redis import Redis, RedisError

    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
    except (RedisError, ValueError) as error:
        yield Finding("Redis", ERROR, f"does not answer: {error}", "start it, or take REDIS_URL away")
    else:
        yield Finding("Redis", FINE, "answers")


def _public_address() -> Iterator[Finding]:
    if not settings.PUBLIC_URL:
        yield Finding("public address", FINE, "none: only browsers on this computer are let in")
    elif not settings.PUBLIC_URL.startswith("https://") and not settings.INSECURE:
        found = f"{settings.PUBLIC_URL} is plain HTTP: sign-in from other computers is refused"
        yield Finding("public address", WARNING, found, "PERSPT_URL=https://…, with a proxy that speaks TLS")
    else:
        yield Finding("public address", FINE, settings.PUBLIC_URL)
    if settings.INSECURE:
        yield Finding("public address", WARNING, "sign-in over plain HTTP is allowed", "unset PERSPT_INSECURE")


def _proxies() -> Iterator[Finding]:
    if settings.PUBLIC_URL.startswith("https://") and not settings.TRUSTED_PROXIES:
        found = "none is trusted, so HTTPS that ends in front of the console is not seen"
        yield Finding("proxies", WARNING, found, "PERSPT_TRUSTED_PROXIES=127.0.0.1")
    else:
        yield Finding("proxies", FINE, ", ".join(settings.TRUSTED_PROXIES) or "none trusted, none needed")


def _accounts() -> Iterator[Finding]:
    if settings.OPEN:
        found = "whoever is at this computer may decide, agents included (PERSPT_OPEN)"
        yield Finding("accounts", WARNING, found, "unset PERSPT_OPEN")
    elif alone():
        found = "no account and no shared password: the key in the start line is the only way in"
        yield Finding("accounts", WARNING, found, "open the address in the start line, or: manage.py createsuperuser")
    else:
        yield Finding("accounts", FINE, "a shared password opens" if settings.SHARED_PASSWORD else "people sign in")
    if settings.DEBUG:
        yield Finding("accounts", WARNING, "debug shows the inside of the console to anyone", "unset PERSPT_DEBUG")


def _port(port: int) -> Iterator[Finding]:
    address = f"http://127.0.0.1:{port}/healthz"
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=3) as answer:
            said: Any = json.loads(answer.read(10_000))
        version = said.get("version", "?") if isinstance(said, dict) and said.get("status") == "alive" else ""
    except HTTPError as error:
        version = ""
        error.close()
    except (URLError, OSError, HTTPException, ValueError):
        version = "" if _taken(port) else None
    if version is None:
        yield Finding("port", FINE, f"{port} is free: no console runs there", "")
    elif not version:
        yield Finding("port", WARNING, f"{port} is taken by something else", f"make run PORT={port + 1}")
    elif version != settings.VERSION:
        yield Finding("port", WARNING, f"{port}: a console of version {version}, not {settings.VERSION}", "restart it")
    else:
        yield Finding("port", FINE, f"{port}: a console of version {version} answers")


def _taken(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _claude_code(home: Path) -> Iterator[Finding]:
    path, connect = settings_path("user", home=home, folder=home), f"{MANAGE} connect claude-code"
    if not path.exists():
        yield Finding("Claude Code", FINE, f"not connected: there is no {path}", connect)
        return
    try:
        tokens = tokens_in(path.read_text(encoding="utf-8-sig") or "{}")
    except (NotJsonError, UnicodeDecodeError) as error:
        yield Finding("Claude Code", WARNING, f"{path} cannot be read as JSON: {error}", "mend the file by hand")
        return
    if not tokens:
        yield Finding("Claude Code", FINE, f"{path} holds no connection to a console", connect)
        return
    known = ApiToken.objects.filter(digest__in=[digest_of(token) for token in tokens], revoked_at=None).first()
    if known is None:
        yield Finding("Claude Code", WARNING, f"{path} holds a token that opens nothing here", connect)
    else:
        heard = f"last heard {known.last_used_at:%Y-%m-%d %H:%M} UTC" if known.last_used_at else "nothing heard yet"
        yield Finding("Claude Code", FINE, f"connected as {known.host}, {heard}")
