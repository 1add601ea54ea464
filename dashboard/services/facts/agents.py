"""What agents say of themselves, many at a time; as `services.roster.report_agent` does for one."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from dashboard.services.errors import Refused
from dashboard.services.facts.group import Group, Sent, at_fact


class Word(Protocol):
    """A word of an agent: the fields that it gave, and whom it hangs below (None: as before, empty: nobody)."""

    name: str

    def changes(self) -> Mapping[str, Any]: ...

    def below(self) -> str | None: ...


class Agents:
    name = "agents"
    changes_speaker = True

    def speaker(self, fact: Word) -> str:
        return fact.name

    def write(self, group: Group, told: Sequence[tuple[Sent, Sequence[Word]]]) -> None:
        for sent, words in told:
            for number, word in enumerate(words):
                try:
                    group.hear(word.name, word.changes(), word.below())
                except Refused as refused:
                    raise at_fact(refused, self.name, number) from None
            sent.answer[self.name] = {"heard": len(words)}
