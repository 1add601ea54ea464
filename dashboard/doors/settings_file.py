"""A settings file on this computer: read, and replaced whole with a copy of what it was before.

Both are for their owner's eyes alone (0600), for they hold a token. A link is followed, so that a file that lives
elsewhere stays there.
"""

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


class ChangedMeanwhileError(Exception):
    """Someone else wrote the file after we read it."""


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A file as it was read; `text` is empty where there is none yet."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> "SettingsFile":
        path = path.resolve()
        return cls(path, _text(path))

    def replace(self, text: str, *, now: datetime) -> Path | None:
        """Write `text` in one step; return the copy of what was there. Raise ChangedMeanwhileError rather than undo."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy = None
        if self.text:
            copy = self.path.with_name(f"{self.path.name}.before-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}")
            _write(copy, self.text)
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        _write(draft, text)
        try:
            if _text(self.path) != self.text:
                raise ChangedMeanwhileError(f"{self.path} was changed meanwhile; nothing was written. Try again.")
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)
        return copy


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # bytes: line ends stay as they are
    except FileNotFoundError:
        return ""


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
