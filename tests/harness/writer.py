"""A process that writes into the log beside the console: `python writer.py NAME EVENTS SEED`.

It appends until it has committed so many events, in transactions of one to five, and rolls some transactions back.
It prints one JSON list of what it committed. It is the only part of the harness that imports the product.
"""

import json
import random
import sys
import time
from contextlib import suppress


class GiveUp(Exception):  # noqa: N818  it is no mistake
    """What rolls a transaction back."""


def main(name: str, wanted: int, seed: int) -> None:
    import django

    django.setup()
    from django.db import transaction

    from dashboard.events import AgentRemoved, Note
    from dashboard.services.log import append

    chance = random.Random(seed)
    committed: list[str] = []
    while len(committed) < wanted:
        texts = [
            f"{name}-{len(committed) + offset}" for offset in range(min(chance.randint(1, 5), wanted - len(committed)))
        ]
        now = int(time.time())
        agents = chance.choices(["mara", "jo", "x-1"], k=len(texts))
        with suppress(GiveUp), transaction.atomic(durable=True):
            append(
                *(
                    Note(at=now, text=text, agent=agent)
                    if chance.random() < 0.7
                    else AgentRemoved(at=now, name=agent, actor=text)
                    for text, agent in zip(texts, agents, strict=True)
                )
            )
            if chance.random() < 0.2:
                raise GiveUp
            committed += texts
        time.sleep(chance.random() * 0.06)
    sys.stdout.write(json.dumps(committed))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
