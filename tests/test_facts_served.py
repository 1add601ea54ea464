"""Facts in numbers on real servers: what was answered is there after a SIGKILL, whatever the server was doing."""

import json
import threading
import time

import httpx
import pytest

from tests.dashboard.doors.facts import a_turn

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("server", ["uvicorn", "runserver"])
def test_what_was_answered_outlives_the_death_of_the_server(start_console, server):
    console = start_console(server=server, settings={"PERSPT_RATE_LIMITS": "0"})
    token = console.token("teller")
    told, stop = [], threading.Event()

    def teller(name):
        number = 0
        with httpx.Client(base_url=console.url, headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
            while not stop.is_set():
                start = 1_600_000_000 + number
                number += 1
                turns = [
                    a_turn(agent=name, started_at=start, ended_at=start + 1, model=str(n))
                    for n in range(number % 3 + 1)
                ]
                try:
                    answer = client.post("/api/v1/turns", json={"turns": turns})
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    told.append((name, start, len(turns)))

    tellers = [threading.Thread(target=teller, args=(f"mara-{number}",)) for number in range(6)]
    for thread in tellers:
        thread.start()
    time.sleep(1.5)
    console.kill()
    stop.set()
    for thread in tellers:
        thread.join(20)

    stored = json.loads(console.manage("shell", "--verbosity=0", "-c", STORED))
    kept = {(agent, start): count for agent, start, count in stored["turns"]}
    assert len(told) > 100
    assert [one for one in told if kept.get(one[:2]) != one[2]] == []
    assert stored["seqs"] == [stored["head"], stored["head"]]


STORED = """
import json
from django.db.models import Count, Max
from dashboard.models import Event, LogState
from stats.models import Turn
rows = Turn.objects.values_list("agent", "started_at").annotate(n=Count("id"))
print(json.dumps({
    "turns": [list(row) for row in rows],
    "seqs": [Event.objects.count(), Event.objects.aggregate(m=Max("seq"))["m"]],
    "head": LogState.objects.get().seq,
}))
"""
