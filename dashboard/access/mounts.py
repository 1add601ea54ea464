"""On which file system a path lies, as Linux tells in /proc/self/mountinfo (proc(5)). No input or output."""

import re
from pathlib import PurePosixPath

SHARED = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "gpfs", "ocfs2", "gfs2")
)
SHARED_BY_FUSE = tuple(f"fuse.{name}" for name in ("sshfs", "glusterfs", "ceph", "s3fs", "rclone", "davfs", "smbnetfs"))
_OCTAL = re.compile(r"\\([0-7]{3})")


def file_system_of(path: str, mountinfo: str) -> str:
    """The type of the mount that holds an absolute path: the one whose point is the longest beginning of it.

    Of several mounts on one point the last counts, for it hides the others. Empty where nothing is told.
    """
    found, depth = "", -1
    wanted = PurePosixPath(path)
    for line in mountinfo.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if not dash or len(fields) < 5 or not after:
            continue
        point = PurePosixPath(_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields[4]))
        if len(point.parts) >= depth and wanted.is_relative_to(point):
            found, depth = after.split(" ", 1)[0], len(point.parts)
    return found


def is_shared(file_system: str) -> bool:
    """Whether other computers write to it as well, so that SQLite's locks cannot be relied on."""
    return file_system in SHARED or file_system.startswith(SHARED_BY_FUSE)
