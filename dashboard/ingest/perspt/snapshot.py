"""Private copies of a store that an agent may hold: the file and its WAL, in a fresh folder, gone after use.

The original is only ever looked at and copied by plain reading: it is never opened in DuckDB, which would lock the
agent out, so plain reading cannot cost us a lock either. A copy is fresh each time, because DuckDB remembers paths.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.ingest.perspt.errors import Missing, Unreadable

PREFIX = "perspt-store-"
TRIES = 20


def fingerprint(path: Path) -> str:
    """What tells that file or WAL changed, without reading them. Raise Missing if there is no file."""
    return f"{_look(path)}/{_look(wal_of(path), must=False)}"


def wal_of(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


@contextmanager
def snapshot(path: Path, folder: Path) -> Iterator[tuple[Path, str]]:
    """Copy the store into a folder of its own below `folder`; give the copy and the fingerprint that it was taken at.

    A copy during which nothing changed is a whole one. If the writer never rests that long, the last copy is given:
    DuckDB checks its sums, and the next look takes another.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    place = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=folder))
    try:
        for _ in range(TRIES):
            before = fingerprint(path)
            copy = place / "perspt.db"
            _copy(path, copy)
            _copy(wal_of(path), wal_of(copy), must=False)
            if fingerprint(path) == before:
                break
        yield copy, before
    finally:
        shutil.rmtree(place, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove the copies that a process left which lives no more."""
    for place in folder.glob(f"{PREFIX}*-*"):
        owner = place.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not _lives(int(owner)):
            shutil.rmtree(place, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _look(path: Path, *, must: bool = True) -> str:
    try:
        found = path.stat()
    except FileNotFoundError:
        if must:
            raise Missing(f"There is no file {path}.") from None
        return "-"
    except OSError as error:
        raise Unreadable(f"{path} cannot be looked at: {error.strerror}.") from None
    return f"{found.st_size}:{found.st_mtime_ns}:{found.st_ino}"


def _copy(path: Path, to: Path, *, must: bool = True) -> None:
    try:
        shutil.copyfile(path, to)
    except FileNotFoundError:
        if must:
            raise Missing(f"There is no file {path}.") from None
        to.unlink(missing_ok=True)
    except OSError as error:
        raise Unreadable(f"{path} cannot be copied: {error.strerror}.") from None
