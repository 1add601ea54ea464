"""Who acts: the name that is kept with every decision, and the door by which it came in."""

from dataclasses import dataclass

from dashboard.enums import Door, Role


@dataclass(frozen=True, slots=True)
class Actor:
    """A person at the console, or the part of it that acts by itself; `address` is where a request came from."""

    name: str
    role: Role = Role.OPERATOR
    door: Door = Door.WEB
    address: str = ""

    @property
    def can_decide(self) -> bool:
        return self.role in (Role.OPERATOR, Role.ADMIN)

    @property
    def can_administer(self) -> bool:
        return self.role == Role.ADMIN


CLOCK = Actor("deadline", door=Door.DEADLINE)
TERMINAL = Actor("terminal", door=Door.TERMINAL)
