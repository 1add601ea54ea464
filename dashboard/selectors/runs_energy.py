"""Energy of a perspt session: what each verification measured, node by node, and where it is going."""

from dataclasses import dataclass, field

from django.db.models import Count, Max, Min

from dashboard.models import EnergySample, Run
from dashboard.selectors.runs import Key, newest
from dashboard.selectors.runs_verdict import STABLE, Verdict, verdict

PARTS = ("v_syn", "v_str", "v_log", "v_boot", "v_sheaf")
NAMES = ("syn compiler", "str contract", "log tests", "boot commands", "sheaf cross-node")
MULTIPLES = 24
POINTS = 60
"""A small chart shows so many of the newest verifications of its node."""


@dataclass(frozen=True, slots=True)
class Course:
    """A node's verifications, oldest first, and what they amount to."""

    node_id: str
    count: int
    samples: list[EnergySample] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        return verdict([(sample.at, sample.v_total) for sample in self.samples])

    @property
    def last(self) -> float | None:
        return self.samples[-1].v_total if self.samples else None


@dataclass(frozen=True, slots=True)
class Overview:
    """All nodes of a session that were verified, the worst first, a part of them with their courses."""

    nodes: int
    stable: int
    unstable: int
    highest: float
    courses: list[Course]
    more: bool


def overview(run: Run, *, first: int = 0, chosen: str = "") -> Overview:
    """Which nodes were verified how often and where they stand; three queries, whatever their number."""
    rows = list(
        EnergySample.objects.filter(run=run)
        .values("node_id")
        .annotate(n=Count("id"), high=Max("v_total"), newest=Max("id"), low=Min("v_total"))
        .order_by()
    )
    newest_of_each = [row["newest"] for row in rows]
    lasts = dict(EnergySample.objects.filter(pk__in=newest_of_each).values_list("node_id", "v_total"))
    order = sorted(rows, key=lambda row: (-(lasts.get(row["node_id"]) or 0.0), row["node_id"]))
    shown = order[first : first + MULTIPLES]
    wanted = [row["node_id"] for row in shown]
    if chosen and chosen not in wanted:
        wanted.append(chosen)
    samples: dict[str, list[EnergySample]] = {}
    newest_first = EnergySample.objects.filter(run=run, node_id__in=wanted).order_by("-id")
    for sample in newest_first[: MULTIPLES * POINTS * 2]:
        samples.setdefault(sample.node_id, []).append(sample)
    by_name = {row["node_id"]: row for row in order}
    courses = [
        Course(name, by_name[name]["n"], samples.get(name, [])[:POINTS][::-1]) for name in wanted if name in by_name
    ]
    numbers = [number for number in lasts.values() if number is not None]
    return Overview(
        nodes=len(order),
        stable=sum(number < STABLE for number in numbers),
        unstable=sum(number >= STABLE for number in numbers),
        highest=max((row["high"] or 0.0 for row in order), default=0.0),
        courses=courses,
        more=first + MULTIPLES < len(order),
    )


def samples(run: Run, node_id: str, before: Key | None = None) -> tuple[list[EnergySample], bool]:
    """One node's verifications, newest first."""
    return newest(EnergySample.objects.filter(run=run, node_id=node_id), before)


def sparks(run: Run, node_ids: list[str]) -> dict[str, list[float]]:
    """The totals of some nodes, oldest first, for a line beside each."""
    found: dict[str, list[float]] = {}
    rows = EnergySample.objects.filter(run=run, node_id__in=node_ids).order_by("-id")
    for node_id, total in rows.values_list("node_id", "v_total")[: len(node_ids) * 40]:
        line = found.setdefault(node_id, [])
        if total is not None and len(line) < 40:
            line.insert(0, total)
    return found
