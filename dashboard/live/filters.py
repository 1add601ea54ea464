"""What a client wants to see of the log, and what it may see. No input or output."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from dashboard.live.ring import Stored


@dataclass(frozen=True, slots=True)
class Filter:
    """Lets a row through if it fits all that is given; equal filters share their messages.

    `kinds` empty is any kind; `agent` empty is any agent. `only` are patterns of agent names that a token is bound to
    (None: the whole feed); under it, what concerns no agent is not shown.
    """

    kinds: frozenset[str] = frozenset()
    agent: str = ""
    only: tuple[str, ...] | None = None

    @property
    def everything(self) -> bool:
        return not self.kinds and not self.agent and self.only is None

    def passes(self, row: Stored) -> bool:
        if self.kinds and row.kind not in self.kinds:
            return False
        if self.agent and self.agent not in (row.agent, row.peer):
            return False
        return self.only is None or any(map(self._allowed, row.names()))

    def shows(self, name: str) -> bool:
        """Whether an agent of this name is within it, for frames that tell of several agents."""
        return (not self.agent or self.agent == name) and (self.only is None or self._allowed(name))

    def wants(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds

    def _allowed(self, name: str) -> bool:
        return self.only is not None and any(fnmatchcase(name, pattern) for pattern in self.only)


def words(text: str, *, most: int = 50) -> frozenset[str]:
    """Read `a,b` as the kinds or names it lists."""
    return frozenset(_nonempty(text.split(",")[:most]))


def _nonempty(parts: Iterable[str]) -> Iterable[str]:
    return (part.strip() for part in parts if part.strip())
