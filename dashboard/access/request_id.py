"""The id of the request that is being served, for every log line that is written while it is.

It imports nothing of ours: logging is set up before anything else.
"""

import random
from contextvars import ContextVar

current_request: ContextVar[str] = ContextVar("current_request", default="")


def new_request_id() -> str:
    """Sixteen hexadecimal digits that no other request has.

    They are no secret, so the system is not asked for them: a call that lets other threads run costs a busy door more
    than all else that it does.
    """
    return f"{_chance.getrandbits(64):016x}"


_chance = random.Random()  # noqa: S311  no secret
