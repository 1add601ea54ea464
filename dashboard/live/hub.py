"""The hub: the log as it grows, for all clients of this process.

One thread (the engine) reads the log and publishes into the ring. Each client has its own place in the log and takes
from there on; clients in the same place with the same filter share one serialised message. A wake-up carries nothing:
whoever is woken looks where it stands, so a lost one only delays.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from threading import Lock

from dashboard.live.filters import Filter
from dashboard.live.ring import Ring, Stored, refs_of
from dashboard.live.waits import Interests, interests

COALESCE = 0.04
"""Seconds that frames are collected for at the most; the first one goes at once."""
SHARE = 4
"""Frames are collected for so many times as long as telling all clients took the last time, so a few clients hear at
once, and many never take more than a part of the loop's time."""
PULSE = 5.0
"""Seconds after which each client is woken without news, to look at its own clocks."""
MESSAGE_FRAMES = 500
MESSAGE_CHARACTERS = 256_000
SHARED_MESSAGES = 64
SHARED_CHARACTERS = 2_000_000
"""Bounds of what is kept serialised for clients in the same place; the next publication forgets it."""


@dataclass(frozen=True, slots=True)
class State:
    """Where the hub stands. `generation` counts how often the log became another one while it was watched."""

    ready: bool = False
    generation: int = 0
    epoch: str = ""
    head: int = 0
    floor: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """When agents were last heard of, as far as that moved since the version before; only the newest is kept."""

    version: int = 0
    at: int = 0
    agents: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """Rows of the log as they are sent: `text` is one frame or a JSON array. It covers the log up to `upto`."""

    upto: int
    rows: tuple[Stored, ...] = ()
    text: str = ""
    size: int = 0

    @classmethod
    def of(cls, rows: Sequence[Stored], upto: int) -> "Message":
        """Serialise `rows`, as many as fit into one message; what does not fit is left for the next."""
        taken, characters = 0, 0
        for row in rows[:MESSAGE_FRAMES]:
            characters += len(row.frame)
            if taken and characters > MESSAGE_CHARACTERS:
                break
            taken += 1
        fitting = tuple(rows[:taken])
        if not fitting:
            return cls(upto)
        frames = ",".join(row.frame for row in fitting)
        text = frames if taken == 1 else f"[{frames}]"
        return cls(upto if taken == len(rows) else fitting[-1].seq, fitting, text, len(text.encode()))


class Bell:
    """Rings for all clients of one event loop, at most once each `COALESCE` seconds; from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.ears: set[asyncio.Event] = set()
        self._rung = float("-inf")
        self._pause = 0.0
        self._due: asyncio.TimerHandle | None = None
        self._pulse: asyncio.TimerHandle | None = None

    def ring(self) -> None:
        """Wake all soon; called from any thread."""
        with suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(self._soon)

    def enter(self, ear: asyncio.Event) -> None:
        self.ears.add(ear)
        if self._pulse is None:
            self._pulse = self.loop.call_later(PULSE, self._beat)

    def leave(self, ear: asyncio.Event) -> None:
        self.ears.discard(ear)
        if not self.ears and self._pulse is not None:
            self._pulse.cancel()
            self._pulse = None

    def _soon(self) -> None:
        if self._due is None:
            wait = max(0.0, self._rung + self._pause - self.loop.time())
            self._due = self.loop.call_later(wait, self._now)

    def _now(self) -> None:
        self._due = None
        self._rung = self.loop.time()
        for ear in self.ears:
            ear.set()
        self.loop.call_soon(self.loop.call_soon, self._told, self._rung)  # behind all whom this has woken

    def _told(self, since: float) -> None:
        self._pause = min(COALESCE, SHARE * (self.loop.time() - since))

    def _beat(self) -> None:
        for ear in self.ears:
            ear.set()
        self._pulse = self.loop.call_later(PULSE, self._beat)


class Hub:
    """What the engine publishes and clients take. One per process."""

    def __init__(self, *, ring: Ring | None = None, waiting: Interests = interests) -> None:
        self.state = State()
        self.seen = Seen()
        self.ring = Ring() if ring is None else ring
        self._waiting = waiting
        self._bells: dict[asyncio.AbstractEventLoop, Bell] = {}
        self._messages: dict[tuple[Filter, int], Message] = {}
        self._shared = 0
        self._lock = Lock()

    # --- the engine's side ----------------------------------------------------------------------------------------

    def begin(self, *, epoch: str, head: int, floor: int, rows: Sequence[Stored] = ()) -> None:
        """Watch a log from its head on, with its newest `rows` in the ring. A second time: it is another log."""
        with self._lock:
            self.ring.clear(rows[0].seq - 1 if rows else head)
            self.ring.extend(rows)
            self._messages.clear()
            self._shared = 0
            again = self.state.ready
            self.state = State(
                ready=True, generation=self.state.generation + again, epoch=epoch, head=self.ring.last, floor=floor
            )
        self._waiting.serve(served=True)
        self._waiting.wake_all()
        self._ring_bells()

    def publish(self, rows: Sequence[Stored], *, floor: int) -> None:
        """Take the next rows of the log."""
        if not rows and floor == self.state.floor:
            return
        with self._lock:
            self.ring.extend(rows)
            self._messages.clear()
            self._shared = 0
            self.state = replace(self.state, head=self.ring.last, floor=floor)
        self._waiting.wake(refs_of(rows))
        self._ring_bells()

    def tell_seen(self, at: int, agents: tuple[tuple[str, int], ...]) -> None:
        """Say when agents were last heard of; not part of the log."""
        self.seen = Seen(self.seen.version + 1, at, agents)
        self._ring_bells()

    def stop(self) -> None:
        """Nobody reads the log any more; clients keep what they have, waiters look for themselves."""
        self.state = replace(self.state, ready=False)
        self._waiting.serve(served=False)
        self._ring_bells()

    # --- the clients' side ----------------------------------------------------------------------------------------

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever there may be something to take; for the running loop."""
        loop, ear = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            for ended in [known for known in self._bells if known.is_closed()]:
                del self._bells[ended]
            bell = self._bells.setdefault(loop, Bell(loop))
        bell.enter(ear)
        try:
            yield ear
        finally:
            bell.leave(ear)

    def clients(self) -> int:
        with self._lock:
            return sum(len(bell.ears) for bell in self._bells.values())

    def take(self, after: int, wanted: Filter, *, generation: int) -> Message | None:
        """Return what comes after that number in one message, or None if only the database still knows.

        The message is empty where there is nothing new, and where the log has become another one since `generation`.
        """
        # What a filter leaves out is not part of the message, so it may look further ahead.
        limit = MESSAGE_FRAMES if wanted.everything else MESSAGE_FRAMES * 8
        with self._lock:
            if generation != self.state.generation:
                return Message(after)
            if known := self._messages.get((wanted, after)):
                return known
            rows = self.ring.after(after, limit)
        if not rows:
            return None if rows is None else Message(after)
        message = Message.of([row for row in rows if wanted.passes(row)], rows[-1].seq)
        with self._lock:
            if generation == self.state.generation:
                self._share(wanted, after, message)
        return message

    def _share(self, wanted: Filter, after: int, message: Message) -> None:
        """Keep a message for the others in the same place; the lock is held."""
        self._shared += message.size
        if len(self._messages) >= SHARED_MESSAGES or self._shared > SHARED_CHARACTERS:
            self._messages.clear()
            self._shared = message.size
        self._messages[wanted, after] = message

    def _ring_bells(self) -> None:
        with self._lock:
            bells = list(self._bells.values())
        for bell in bells:
            bell.ring()


hub = Hub()
"""The hub of this process."""
