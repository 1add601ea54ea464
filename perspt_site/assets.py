"""The address of the static files follows their content, so browsers may keep them for a year and never see old ones.

One name for the whole tree instead of one per file (manifest storage) because native modules import each other by
relative addresses, which a manifest does not rewrite.
"""

from hashlib import sha256
from pathlib import Path


def fingerprint(folder: Path, *others: Path) -> str:
    """Return twelve hexadecimal digits over names and contents of all files below `folder`, and of `others`."""
    digest = sha256()
    for path in [*sorted(folder.rglob("*")), *others]:
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
