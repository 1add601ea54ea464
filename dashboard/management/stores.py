"""The database as a whole, for backup and restore: copied out while it is in use, put in with the old one kept beside.

SQLite copies itself by its own backup interface; PostgreSQL has its tools for it.
"""

import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import CommandError
from django.db import connection

from dashboard.models import Event, Lease, LogState
from dashboard.models.log import new_epoch

KEPT = "before-restore"
CONNECTION = ("dbname", "user", "host", "port", "service", "sslmode", "sslrootcert", "sslcert", "sslkey", "options")


class Store(Protocol):
    """A sort of database. `member` is what its copy is called in an archive."""

    vendor: str
    member: str

    def exists(self) -> bool: ...
    def copy_to(self, target: Path) -> None: ...
    def replace_by(self, copy: Path, *, stamp: str) -> str: ...


def store_here() -> Store:
    """The store that the settings name."""
    return PostgresStore() if connection.vendor == "postgresql" else SqliteStore(database_file())


def database_file() -> Path:
    return Path(str(connection.settings_dict["NAME"]))


class SqliteStore:
    vendor = "sqlite"
    member = "database.sqlite3"

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        return self.path.is_file() and self.path.stat().st_size > 0

    def copy_to(self, target: Path) -> None:
        """One consistent moment, also while others write; a single file, without a journal beside it."""
        with closing(sqlite3.connect(self.path, timeout=60)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        check(target)

    def replace_by(self, copy: Path, *, stamp: str) -> str:
        """Check the copy, make it another log, and put it in place; return where the old one lies now."""
        check(copy)
        begin_anew_in(copy)
        kept = ""
        if self.exists():
            folder = self.path.parent / KEPT / stamp
            folder.mkdir(parents=True, mode=0o700)
            kept = str(folder)
            for ending in ("-wal", "-shm", ""):  # the journal first: it belongs to the file, wherever that lies
                with suppress(FileNotFoundError):
                    self.path.with_name(self.path.name + ending).rename(folder / (self.path.name + ending))
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy.chmod(0o600)
        copy.replace(self.path)
        return kept


def check(copy: Path) -> None:
    """Raise CommandError for a file that is torn, or whose log has holes."""
    with closing(sqlite3.connect(copy)) as database:
        try:
            whole = database.execute("PRAGMA quick_check").fetchone()[0] == "ok"
            events = Event._meta.db_table  # noqa: SLF001
            count, first, last = database.execute(f"SELECT count(*), min(seq), max(seq) FROM {events}").fetchone()  # noqa: S608
            row = database.execute(f"SELECT seq FROM {LogState._meta.db_table}").fetchone()  # noqa: S608, SLF001
        except sqlite3.DatabaseError as error:
            raise CommandError(f"The copy of the database cannot be read: {error}") from None
    if not whole or (count and (count != last - first + 1 or not row or row[0] != last)):
        raise CommandError("The copy of the database is damaged. Nothing was changed.")


def begin_anew_in(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as database, database:
        database.execute(f"UPDATE {LogState._meta.db_table} SET epoch = ?", [new_epoch()])  # noqa: S608, SLF001
        database.execute(f"DELETE FROM {Lease._meta.db_table}")  # noqa: S608, SLF001


class PostgresStore:
    vendor = "postgresql"
    member = "database.dump"

    def exists(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")
            return bool(cursor.fetchone()[0])

    def copy_to(self, target: Path) -> None:
        with _conninfo() as conninfo:
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--exclude-schema=*_{_word(KEPT)}_*"]
            _run(["pg_dump", *options, f"--file={target}", f"--dbname={conninfo}"])

    def replace_by(self, copy: Path, *, stamp: str) -> str:
        """The old tables stay in the database, in a schema of their own."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            schema = connection.ops.quote_name(cursor.fetchone()[0])
        old = f"{schema[1:-1]}_{_word(KEPT)}_{stamp.lower()}"
        kept = old if self.exists() else ""
        if kept:
            _execute(f'ALTER SCHEMA {schema} RENAME TO "{old}"', f"CREATE SCHEMA {schema}")
        try:
            with _conninfo() as conninfo:
                options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
                _run(["pg_restore", *options, f"--dbname={conninfo}", str(copy)])
        except CommandError:
            if kept:
                _execute(f"DROP SCHEMA {schema} CASCADE", f'ALTER SCHEMA "{old}" RENAME TO {schema}')
            raise
        connection.close()
        LogState.objects.update(epoch=new_epoch())
        Lease.objects.all().delete()
        return f"the schema {kept} of the same database" if kept else ""


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def _conninfo() -> Iterator[str]:
    """How to reach the database, for its own tools; the password in a file, as arguments are for all to read."""
    from psycopg.conninfo import make_conninfo

    given: dict[str, Any] = connection.get_connection_params()
    wanted = {name: str(given[name]) for name in CONNECTION if given.get(name)}
    with tempfile.TemporaryDirectory() as folder:
        if given.get("password"):
            passfile = Path(folder) / "pass"
            passfile.touch(mode=0o600)
            password = str(given["password"]).replace("\\", "\\\\").replace(":", "\\:")
            passfile.write_text(f"*:*:*:*:{password}\n")
            wanted["passfile"] = str(passfile)
        yield make_conninfo("", **wanted)


def _run(command: list[str]) -> None:
    tool = _tool(command[0])
    outcome = subprocess.run([tool, *command[1:]], capture_output=True, text=True, check=False)  # noqa: S603
    if outcome.returncode:
        raise CommandError(f"{command[0]} ended with {outcome.returncode}: {outcome.stderr.strip()[-2000:]}")


def _tool(name: str) -> str:
    """The newest that Debian keeps beside its servers, else the one on the path."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    found = str(installed[-1]) if installed else shutil.which(name)
    if not found:
        raise CommandError(f"{name} is not installed: it comes with PostgreSQL's client programs.")
    return found


def _word(text: str) -> str:
    return text.replace("-", "_")
