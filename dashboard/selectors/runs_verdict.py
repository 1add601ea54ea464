"""Whether a node's energy converges, and how that was found out. Pure: numbers in, a verdict with its reason out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

STABLE = 0.1
"""perspt's own threshold by default; the store does not say which one a session ran with."""
SAME = 0.01
"""Two verifications differ when they are further apart than this share of the node's highest energy."""

Point = tuple[datetime | None, float | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`steps` verifications in a row went this way, the first of them starting `since`."""

    word: str
    steps: int
    since: datetime | None
    how: str

    @property
    def short(self) -> str:
        """`flat for 6`, `stable`."""
        return f"{self.word} for {self.steps}" if self.steps else self.word

    @property
    def worry(self) -> bool:
        return self.word in {"flat", "rising"}


def verdict(points: Sequence[Point]) -> Verdict:
    """Judge verifications, oldest first. Those without a number are left out."""
    known = [(at, total) for at, total in points if total is not None]
    left_out = f" {len(points) - len(known)} without a number left out." if len(known) < len(points) else ""
    if not known:
        return Verdict("unknown", 0, None, f"No verification has a number.{left_out}")
    last_at, last = known[-1]
    if last < STABLE:
        return _stable(known, left_out)
    if len(known) == 1:
        return Verdict("unknown", 0, last_at, f"One verification, V {last:.2f}: a direction needs two.{left_out}")
    margin = SAME * max(abs(total) for _, total in known)
    ways = [_way(before[1], after[1], margin) for before, after in pairwise(known)]
    steps = next((n for n, way in enumerate(reversed(ways)) if way != ways[-1]), len(ways))
    first = known[-steps - 1]
    how = (
        f"V {first[1]:.2f} → {last:.2f} over the last {steps + 1} verifications; {_reason(ways[-1], margin)}{left_out}"
    )
    return Verdict(ways[-1], steps, first[0], how)


def _stable(known: list[tuple[datetime | None, float]], left_out: str) -> Verdict:
    steps = next((n for n, (_, total) in enumerate(reversed(known)) if total >= STABLE), len(known))
    since = known[-steps][0]
    return Verdict(
        "stable", 0, since, f"V {known[-1][1]:.2f} is below {STABLE}, for {steps} of {len(known)}.{left_out}"
    )


def _way(before: float, after: float, margin: float) -> str:
    if abs(after - before) <= margin:
        return "flat"
    return "falling" if after < before else "rising"


def _reason(way: str, margin: float) -> str:
    if way == "flat":
        return f"no step moved it by more than {margin:.3f} (1 % of its highest)."
    return f"each {'lower' if way == 'falling' else 'higher'} than the one before by more than {margin:.3f}."
