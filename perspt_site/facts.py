"""Which facts machines may tell in numbers: the dashboard's own, and turns, which belong to the statistics."""

from dashboard.doors.facts import OURS, FactDoor, FactKind
from dashboard.enums import Scope
from dashboard.live.writer import writer
from dashboard.services.facts.group import new_ids
from stats.turns import TurnIn, Turns

TURNS = FactKind(Turns(new_ids), TurnIn, Scope.REPORT, "Finished turns.")

facts = FactDoor(writer, [*OURS, TURNS], alone={"/api/v1/turns": TURNS})
