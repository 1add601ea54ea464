"""How far a client may lag behind what was sent to it. No input or output, no clock.

Some servers buffer without bound whatever is sent to a client that does not read. So a client says how far it has
come; one that is too far behind is paused, and cut off when it stays silent. It resumes where it was.
"""

from collections import deque

MAX_FRAMES = 5_000
MAX_BYTES = 4_000_000
PATIENCE = 30.0
AT_FIRST = 4
"""A client that has never acknowledged anything is given this part of the bytes: it may be one that does not read."""


class Window:
    """What was sent and not yet acknowledged; `now` is a monotonic time in seconds."""

    def __init__(self, *, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES, patience: float = PATIENCE) -> None:
        self.frames = 0
        self.bytes = 0
        self._limits = max_frames, max_bytes, patience
        self._sent: deque[tuple[int, int, int]] = deque()
        self._full_since: float | None = None
        self._answers = False

    @property
    def full(self) -> bool:
        frames, size, _ = self._limits
        return self.frames > frames or self.bytes > (size if self._answers else size // AT_FIRST)

    def sent(self, seq: int, frames: int, size: int, now: float) -> None:
        """Note a message of so many frames and bytes whose last number is `seq`."""
        self._sent.append((seq, frames, size))
        self.frames += frames
        self.bytes += size
        if self.full and self._full_since is None:
            self._full_since = now

    def acknowledged(self, seq: int, now: float) -> None:
        """Forget what the client has; progress while it is paused gives it more time."""
        self._answers = True
        before = self.frames
        while self._sent and self._sent[0][0] <= seq:
            _, frames, size = self._sent.popleft()
            self.frames -= frames
            self.bytes -= size
        if not self.full:
            self._full_since = None
        elif self.frames < before:
            self._full_since = now

    def overdue(self, now: float) -> bool:
        """Whether the client was paused and has been silent ever since, for too long."""
        return self._full_since is not None and now - self._full_since >= self._limits[2]

    def clear(self) -> None:
        """Begin anew: the log became another one."""
        self._sent.clear()
        self.frames = self.bytes = 0
        self._full_since = None
