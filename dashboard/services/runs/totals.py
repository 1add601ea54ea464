"""What a batch of rows adds to the totals that are kept with each run."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from dashboard.models import Run


@dataclass(slots=True)
class Sums:
    llm_calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    estimated_tokens_in: int = 0
    estimated_tokens_out: int = 0
    unreported_calls: int = 0
    latency_ms_sum: int = 0


class Totals:
    def __init__(self) -> None:
        self._sums: dict[int, Sums] = defaultdict(Sums)
        self._energy: dict[int, list[float]] = defaultdict(list)

    def count(self, table: str, run: int, fields: dict[str, Any]) -> None:
        if table == "llm_requests":
            self._request(self._sums[run], fields)
        elif table == "energy_history" and fields["v_total"] is not None:
            self._energy[run].append(fields["v_total"])

    def add(self) -> None:
        """Write them; in the transaction of the rows."""
        for run in Run.objects.filter(pk__in={*self._sums, *self._energy}):
            if run.pk in self._sums:
                sums = self._sums[run.pk]
                for name in Sums.__slots__:
                    setattr(run, name, getattr(run, name) + getattr(sums, name))
            if energy := self._energy.get(run.pk):
                run.energy_count += len(energy)
                run.energy_sum += sum(energy)
                run.energy_min = min([*energy, *([] if run.energy_min is None else [run.energy_min])])
                run.energy_max = max([*energy, *([] if run.energy_max is None else [run.energy_max])])
                run.energy_last = energy[-1]
            run.save()

    @staticmethod
    def _request(sums: Sums, fields: dict[str, Any]) -> None:
        """A call without reported tokens is estimated from its text, four bytes to a token, and counted apart."""
        sums.llm_calls += 1
        sums.latency_ms_sum += fields["latency_ms"]
        for tokens, words in (("in", "prompt"), ("out", "response")):
            reported = fields[f"tokens_{tokens}"]
            name = f"tokens_{tokens}" if reported else f"estimated_tokens_{tokens}"
            setattr(sums, name, getattr(sums, name) + (reported or (len(fields[words].encode()) + 3) // 4))
        sums.unreported_calls += not fields["tokens_in"] and not fields["tokens_out"]
