"""What all variants have in common: a kind, a moment, whom they concern, and the text that is stored and sent."""

import json
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardEvent:
    """One fact about the fleet. `at` is when it happened, in unix seconds.

    `kind` is the tag in the frame; `about` names the fields that hold agent names, for the feed's `agent=` filter;
    `key` names the noun and the field with its id (`approval:12`), by which waiting requests are woken.
    """

    kind: ClassVar[str]
    about: ClassVar[tuple[str, ...]] = ()
    key: ClassVar[tuple[str, str] | None] = None

    at: int

    def agents(self) -> tuple[str, ...]:
        """The names of the agents that this event concerns; at most two."""
        return tuple([name for field in self.about if (name := getattr(self, field))])

    def ref(self) -> str:
        """`noun:id` of the thing that changed; empty where the kind has none."""
        if self.key is None:
            return ""
        noun, field = self.key
        return f"{noun}:{getattr(self, field)}"

    def wire(self) -> dict[str, Any]:
        """The fields as they go out, under their wire names (`from_` is `from`)."""
        return {wire: getattr(self, field) for field, wire in _wire_names(type(self))}

    def frame(self, seq: int) -> str:
        """The JSON text of this event, built once and stored with the row.

        Lone surrogates, which JSON from outside may hold, become U+FFFD so that every client can decode the text.
        """
        content = {"seq": seq, "kind": self.kind} | self.wire()
        try:
            return orjson.dumps(content).decode()
        except TypeError:  # a lone surrogate, or a number beyond 64 bits
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            return text.encode("utf-8", "replace").decode()


_WIRE: dict[type[DashboardEvent], tuple[tuple[str, str], ...]] = {}


def _wire_names(event: type[DashboardEvent]) -> tuple[tuple[str, str], ...]:
    """Each field and its wire name; asked for often, found once."""
    if event not in _WIRE:
        _WIRE[event] = tuple((field.name, field.name.rstrip("_")) for field in fields(event))
    return _WIRE[event]


Row = dict[str, Any]
"""A roster, session or target row: a JSON object whose keys `docs/events.md` lists."""
