"""The newest part of the log in memory: stored frames in order, bounded by number and by size. No input or output."""

import sys
from collections.abc import Sequence
from typing import NamedTuple

MAX_FRAMES = 20_000
MAX_BYTES = 8_000_000


class Stored(NamedTuple):
    """A row of the log as the hub needs it: its frame, and what filters and waiters look at."""

    seq: int
    kind: str
    agent: str
    peer: str
    ref: str
    frame: str

    def names(self) -> tuple[str, ...]:
        """The agents that it concerns."""
        if self.peer:
            return (self.agent, self.peer)
        return (self.agent,) if self.agent else ()


def refs_of(rows: Sequence[Stored]) -> set[str]:
    """The names under which somebody may wait for one of the rows."""
    names = {row.agent for row in rows} | {row.peer for row in rows}
    return {f"agent:{name}" for name in names if name} | {row.ref for row in rows if row.ref}


GONE = Stored(0, "", "", "", "", "")


class Ring:
    """A window on the end of the log. It has no lock: the hub guards it."""

    def __init__(self, *, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._rows: list[Stored] = []
        self._begin = 0  # rows before this one have left the ring; cut off now and then
        self._bytes = 0
        self._last = 0

    def __len__(self) -> int:
        return len(self._rows) - self._begin

    @property
    def bytes(self) -> int:
        return self._bytes

    @property
    def last(self) -> int:
        """The number of the newest row that was ever in it."""
        return self._last

    def clear(self, last: int) -> None:
        """Forget all rows; the next one is expected after `last`."""
        self._rows, self._begin, self._bytes, self._last = [], 0, 0, last

    def extend(self, rows: Sequence[Stored]) -> None:
        """Append the next rows. The ring holds no hole: rows that do not follow the last one start it anew."""
        if rows and (rows[0].seq, rows[-1].seq) == (self._last + 1, self._last + len(rows)):
            self._rows += rows
            self._bytes += sum(map(sys.getsizeof, [row.frame for row in rows]))
            self._last = rows[-1].seq
        else:
            for row in rows:
                if row.seq != self._last + 1:
                    self.clear(row.seq - 1)
                self._rows.append(row)
                self._bytes += sys.getsizeof(row.frame)
                self._last = row.seq
        self._trim()

    def after(self, seq: int, limit: int) -> list[Stored] | None:
        """Return up to `limit` rows after `seq`, or None if the ring no longer holds the first of them."""
        if seq >= self._last:
            return []
        if not len(self) or seq + 1 < self._rows[self._begin].seq:
            return None
        start = self._begin + seq + 1 - self._rows[self._begin].seq
        return self._rows[start : start + limit]

    def _trim(self) -> None:
        while len(self) > 1 and (len(self) > self._max_frames or self._bytes > self._max_bytes):
            self._bytes -= sys.getsizeof(self._rows[self._begin].frame)
            self._rows[self._begin] = GONE  # its text is let go of at once, its place now and then
            self._begin += 1
        if self._begin > 1000 and self._begin > len(self._rows) // 2:
            del self._rows[: self._begin]
            self._begin = 0
