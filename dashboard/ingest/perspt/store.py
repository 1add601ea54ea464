"""Reads the rows of a copied store with DuckDB, which may touch nothing but the copy."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from dashboard.ingest.perspt import errors, tables, values
from dashboard.ingest.perspt.snapshot import wal_of

MAGIC = b"DUCK"
OLDEST, NEWEST = 64, 999
BATCH = 2_000
MEMORY = "512MB"
Row = dict[str, Any]


def storage_version(path: Path) -> int:
    """The version in the file's head. Raise what is wrong with the file, before DuckDB sees it."""
    with path.open("rb") as stream:
        head = stream.read(20)
    if not head:
        raise errors.Empty("The file is empty.")
    if head[8:12] != MAGIC:
        raise errors.NotDuckDB("The file is not a DuckDB database.")
    if len(head) < 20:
        raise errors.Truncated("The file ends within its head.")
    version = int.from_bytes(head[12:20], "little")
    if not OLDEST <= version <= NEWEST:
        raise errors.NewerVersion(f"The file has storage version {version}; this console reads {OLDEST} to {NEWEST}.")
    return version


class Store:
    """One opened copy: its tables, their columns, their rows in batches."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, version: int) -> None:
        self._connection = connection
        self.version = version
        self.columns: dict[str, list[str]] = {}
        known = self._ask(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'main' ORDER BY table_name, ordinal_position"
        )
        for table, column in known:
            self.columns.setdefault(table, []).append(column)
        self.layout = tables.layout_of(set(self.columns))
        if not self.layout:
            raise errors.NotAStore("The file is a DuckDB database, but holds no sessions of perspt.")

    def zone_offset(self) -> int | None:
        """How far the writer's clock is ahead of UTC, from the newest rows that hold both."""
        if "committed_at" not in self.columns.get("node_states", ()):
            return None
        return values.zone_offset(
            self._ask(
                "SELECT created_at, committed_at FROM node_states"
                " WHERE coalesce(committed_at, '') <> '' ORDER BY id DESC LIMIT 20"
            )
        )

    def last(self, table: tables.Table) -> int:
        """The highest number of a table that is read by number; 0 if it has no rows or is not there."""
        if table.whole or table.name not in self.columns:
            return 0
        return int(self._ask(f"SELECT coalesce(max(id), 0) FROM {table.name}")[0][0])  # noqa: S608  a name of ours

    def batches(self, table: tables.Table, after: int = 0, size: int = BATCH) -> Iterator[list[Row]]:
        """The rows of a table in batches; of a table that only grows, those after a number, in their order."""
        if table.name not in self.columns:
            return
        columns = self.columns[table.name]
        listed = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
        if table.whole:
            with closing(self._connection.cursor()) as cursor:
                found = cursor.execute(f"SELECT {listed} FROM {table.name} ORDER BY {table.key}")  # noqa: S608
                while rows := found.fetchmany(size):
                    yield [dict(zip(columns, row, strict=True)) for row in rows]
            return
        numbers = f"SELECT max(id) FROM (SELECT id FROM {table.name} WHERE id > ? ORDER BY id LIMIT {size})"  # noqa: S608
        between = f"SELECT {listed} FROM {table.name} WHERE id > ? AND id <= ? ORDER BY id"  # noqa: S608
        while (until := self._ask(numbers, [after])[0][0]) is not None:
            yield [dict(zip(columns, row, strict=True)) for row in self._ask(between, [after, until])]
            after = until

    def _ask(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, parameters or []).fetchall()
        except duckdb.Error as error:
            raise _said(error) from None


@contextmanager
def opened(copy: Path) -> Iterator[Store]:
    """Open a copy, read-only. Raise what is wrong with it in a sentence."""
    version = storage_version(copy)
    try:
        connection = duckdb.connect(
            str(copy),
            read_only=True,
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "memory_limit": MEMORY,
                "threads": "1",
                "temp_directory": str(copy.parent / "temp"),
            },
        )
    except duckdb.Error as error:
        raise _said(error, wal=wal_of(copy).exists()) from None
    with closing(connection):
        for words in ("TimeZone = 'UTC'", "enable_external_access = false", "lock_configuration = true"):
            connection.execute(f"SET {words}")
        yield Store(connection, version)


def _said(error: duckdb.Error, *, wal: bool = False) -> errors.StoreTrouble:
    """DuckDB's long message as one sentence of ours."""
    words = str(error)
    if "WAL" in words:
        return errors.DamagedWal("The write-ahead log beside the file is damaged.")
    if "version number" in words:
        return errors.NewerVersion("The file was written by a newer DuckDB than this console reads.")
    if "not enough" in words or "Could not read" in words or "truncated" in words.lower():
        return errors.Truncated("The file is truncated: it ends before its content does.")
    if "not a valid DuckDB" in words:
        return errors.NotDuckDB("The file is not a DuckDB database.")
    where = "file or its write-ahead log" if wal else "file"
    return errors.Unreadable(f"DuckDB cannot read the {where}: {words.splitlines()[0][:200]}")
