"""The signing key of an installation that was given none: made once, kept in the data folder, readable by its owner."""

import os
import secrets
from pathlib import Path


def kept_secret_key(folder: Path) -> str:
    """Return the key kept below `folder`, making it at the first call; two processes that start together agree."""
    path = folder / "secret_key"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = folder / f".secret_key.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)  # fails if another process was first; theirs then counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
