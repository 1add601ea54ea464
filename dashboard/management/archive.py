"""A backup is one tar file for its owner's eyes: the database, the signing key, and a page that says what they are."""

import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from shutil import copyfileobj
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from dashboard.management.stores import Store
from dashboard.management.versions import applied_here
from dashboard.selectors.log import log_head

FORMAT = 1
MANIFEST, KEY = "manifest.json", "secret_key"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. `seq` is the number of the log just before it was taken."""

    format: int
    version: str
    made_at: str
    database: str
    epoch: str
    seq: int
    migrations: list[str]


def write_archive(target: Path, store: Store, *, now: datetime) -> Manifest:
    """Write the whole archive or nothing: it gets its name when it is complete and on the disk."""
    head = log_head()
    manifest = Manifest(
        FORMAT, settings.VERSION, now.isoformat(), store.vendor, head.epoch, head.seq, migrations=applied_here()
    )
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
        copy, draft = Path(folder) / store.member, Path(folder) / "archive.tar"
        store.copy_to(copy)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as archive:
                _add_text(archive, MANIFEST, json.dumps(asdict(manifest), indent=2), now)
                _add_text(archive, KEY, settings.SECRET_KEY, now)
                with copy.open("rb") as source:
                    archive.addfile(_info(store.member, copy.stat().st_size, now), source)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    return manifest


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive whose parts lie in a folder for the time being."""

    manifest: Manifest
    key: str
    database: Path


@contextmanager
def unpacked(path: Path, store: Store, *, beside: Path) -> Iterator[Unpacked]:
    """Take an archive apart below `beside`. Raise CommandError for a file that is none, or none for this store."""
    beside.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with tarfile.open(path) as archive, tempfile.TemporaryDirectory(prefix=".restore-", dir=beside) as folder:
            manifest = _manifest(archive)
            if manifest.database != store.vendor:
                sentence = f"The backup is one of {manifest.database}, but DATABASE_URL names {store.vendor}."
                raise CommandError(sentence)
            database = Path(folder) / store.member
            with _member(archive, store.member) as source, database.open("xb") as target:
                copyfileobj(source, target)
                target.flush()
                os.fsync(target.fileno())
            with _member(archive, KEY) as source:
                yield Unpacked(manifest, source.read(10_000).decode(), database)
    except (OSError, tarfile.TarError) as error:
        raise CommandError(f"{path}: {error}") from None


def put_key(key: str, folder: Path, *, kept: str) -> None:
    """Put the signing key in place; the old one goes beside the old database, if there is one."""
    path = folder / KEY
    if path.exists() and path.read_text().strip() == key:
        return
    if path.exists() and Path(kept).is_dir() and kept:
        path.rename(Path(kept) / KEY)
    draft = folder / f".{KEY}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    draft.replace(path)


def _manifest(archive: tarfile.TarFile) -> Manifest:
    try:
        with _member(archive, MANIFEST) as file:
            manifest = Manifest(**json.loads(file.read(1_000_000)))
    except (ValueError, TypeError):
        raise CommandError("This is no backup of a console: its manifest cannot be read.") from None
    if manifest.format != FORMAT:
        raise CommandError(f"The backup is of format {manifest.format}; this version reads {FORMAT}.")
    return manifest


def _member(archive: tarfile.TarFile, name: str) -> Any:
    """One part by its name; nothing else of a foreign archive is ever written anywhere."""
    try:
        file = archive.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise CommandError(f"This is no backup of a console: it holds no {name}.")
    return file


def _add_text(archive: tarfile.TarFile, name: str, text: str, now: datetime) -> None:
    data = text.encode()
    archive.addfile(_info(name, len(data), now), BytesIO(data))


def _info(name: str, size: int, now: datetime) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, int(now.timestamp()), 0o600
    return info
