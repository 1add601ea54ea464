"""Whether a database and this code belong together: a newer version of the console may have been there before."""

from collections.abc import Iterable

from django.db import connection
from django.db.migrations.loader import MigrationLoader

APP = "dashboard"
NEWER = (
    "{what} was written by a newer version of the console (it knows {names}). Nothing was changed. "
    "Install that version or a later one, or put back a copy from before it."
)


def applied_here() -> list[str]:
    """The console's own migrations that the database has seen, by name."""
    loader = MigrationLoader(connection, ignore_no_migrations=True)
    return sorted(name for app, name in loader.applied_migrations if app == APP)


def refusal_of_newer(applied: Iterable[str], *, what: str = "The database") -> str:
    """The sentence for migrations that this code does not have; empty where it knows them all."""
    known = {name for app, name in MigrationLoader(None).disk_migrations or () if app == APP}
    strange = sorted(set(applied) - known)
    return NEWER.format(what=what, names=", ".join(strange)) if strange else ""
