"""What can be wrong with a store, each in one sentence that is shown as it is."""


class StoreTrouble(Exception):  # noqa: N818  its subclasses are named for what is wrong
    """The store cannot be read now; what was read before stays."""


class Missing(StoreTrouble):
    """There is no such file."""


class Unreadable(StoreTrouble):
    """The system does not let us read it."""


class Empty(StoreTrouble):
    """The file has no content."""


class NotDuckDB(StoreTrouble):
    """The file is something else."""


class NotAStore(StoreTrouble):
    """A DuckDB file that perspt did not make."""


class NewerVersion(StoreTrouble):
    """Written by a DuckDB that is newer than ours."""


class Truncated(StoreTrouble):
    """The file ends too early."""


class DamagedWal(StoreTrouble):
    """The write-ahead log does not match its sums."""
