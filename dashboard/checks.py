"""What must hold before the console may serve; `manage.py check` and every start ask it."""

import sqlite3
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  as Django names it

from dashboard.access.mounts import file_system_of, is_shared

OLDEST_SQLITE = (3, 39, 0)


@register()
def front_end_is_installed(**_: Any) -> list[CheckMessage]:
    """A page without its scripts looks fine and does nothing, so a missing package is an error."""
    return [
        Error(f"The front-end package {prefix} is missing.", hint="Run `make setup`.", id=f"dashboard.E_{prefix}")
        for prefix, folder in (entry for entry in settings.STATICFILES_DIRS if isinstance(entry, tuple))
        if not Path(folder).is_dir()
    ]


@register()
def the_database_file_is_our_own(**_: Any) -> list[CheckMessage]:
    """SQLite relies on locks that network shares do not keep; with other hosts on it the file would break."""
    database = settings.DATABASES["default"]
    if not str(database["ENGINE"]).endswith("sqlite3"):
        return []
    path = Path(str(database["NAME"])).resolve()
    kind = file_system_of(str(path), mounts())
    if not is_shared(kind):
        return []
    where = f"The SQLite database {path} lies on a network share ({kind})"
    if settings.REDIS_URL:
        words = f"{where}, and REDIS_URL says that other hosts write there, too."
        return [Error(words, hint="Set DATABASE_URL to a PostgreSQL database.", id="dashboard.E_shared_sqlite")]
    return [Warning(f"{where}.", hint="Let PERSPT_DATA be on a disk of this host.", id="dashboard.W_shared_sqlite")]


@register()
def sqlite_is_new_enough(**_: Any) -> list[CheckMessage]:
    """What is written in bulk asks for SQLite 3.39 (IS DISTINCT FROM); Debian 12 has 3.40."""
    ours = str(settings.DATABASES["default"]["ENGINE"]).endswith("sqlite3")
    if not ours or sqlite3.sqlite_version_info >= OLDEST_SQLITE:
        return []
    words = f"This Python's SQLite is {sqlite3.sqlite_version}; the console needs 3.39 or newer."
    return [Error(words, hint="Use a newer Python, or PostgreSQL (DATABASE_URL).", id="dashboard.E_old_sqlite")]


def refuse_to_serve() -> None:
    """End a process that must not serve, with the sentences why. Servers other than `runserver` ask no checks."""
    found = [*front_end_is_installed(), *the_database_file_is_our_own(), *sqlite_is_new_enough()]
    if serious := [f"{message.msg} {message.hint}" for message in found if message.is_serious()]:
        sys.exit("\n".join(serious))


def mounts() -> str:
    """What is mounted where; nothing on systems that do not tell."""
    try:
        return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
