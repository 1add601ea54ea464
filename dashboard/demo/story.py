"""The last days of the fleet as steps: the same for the same seed, timed backwards from now. Pure."""

from random import Random
from typing import Any
from uuid import UUID

from dashboard.demo.cast import (
    CHATTER,
    CODERS,
    HARMLESS,
    MEMBERS,
    NOTES,
    ORDERS,
    PEOPLE,
    QUESTIONS,
    REMINDERS,
    REPLIES,
    RISKY,
    WANTED,
    Coder,
)
from dashboard.demo.present import present
from dashboard.demo.steps import (
    Answer,
    Ask,
    Begin,
    Clock,
    Decide,
    End,
    Forget,
    Hook,
    Order,
    ReadInbox,
    Remind,
    Report,
    Say,
    Step,
    TakeBack,
    Wonder,
)

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
DAYS = 6
ENDINGS = ("approved", "denied", "expired", "elsewhere", "failed")
ODDS = (68, 15, 6, 7, 4)
SOME = tuple(member.name for member in MEMBERS)


def story(seed: int) -> list[Step]:
    """Everything that happened up to now."""
    rng = Random(seed)  # noqa: S311 - a story, no secret
    told: list[Step] = [*hired()]
    for day in range(DAYS, 0, -1):
        told += _a_day(rng, day)
    told += present(lambda: session_id(rng))
    return told


def session_id(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))


def wait_of(rng: Random) -> float:
    """How long a person took: mostly a minute, now and then half an hour."""
    return min(rng.lognormvariate(4.2, 1.2), 40 * MINUTE)


def base(coder: Coder, session: str) -> dict[str, Any]:
    """What every hook event of a session says."""
    return {"session_id": session, "cwd": coder.cwd, "permission_mode": "default"}


def hired() -> list[Step]:
    """The agents of the API report themselves for the first time."""
    return [
        Report(
            ago=(DAYS + 1) * DAY - number,
            agent=member.name,
            parent=member.parent or None,
            changes={
                "runtime": member.runtime,
                "host": member.host,
                "model": member.model,
                "state": "idle",
                "status_text": "",
            },
        )
        for number, member in enumerate(MEMBERS)
    ]


def _a_day(rng: Random, day: int) -> list[Step]:
    """One working day: a few sessions of Claude Code, and what the others asked, said and did."""
    told: list[Step] = []
    for number, coder in enumerate(rng.sample(CODERS, 3)):
        told += _session(rng, coder, start=day * DAY - number * 2 * HOUR, key=f"{day}-{number}")
    for number in range(7):
        told += _request(rng, ago=day * DAY - rng.uniform(0.2, 9) * HOUR, key=f"{day}-api-{number}")
    told += _question(rng, ago=day * DAY - rng.uniform(1, 8) * HOUR, key=f"{day}-question")
    told += _chat(rng, ago=day * DAY - rng.uniform(1, 8) * HOUR, key=f"{day}-chat")
    told += _lifecycle(rng, ago=day * DAY - rng.uniform(1, 8) * HOUR)
    verb, reason, error = rng.choice(ORDERS)
    by, ago = rng.choice(list(PEOPLE)), day * DAY - rng.uniform(1, 8) * HOUR
    told.append(Order(ago=ago, agent=rng.choice(SOME), verb=verb, reason=reason, by=by, error=error))
    told.append(Remind(ago=ago, agent=rng.choice(SOME), text=rng.choice(REMINDERS), seconds=HOUR, key=f"{day}-remind"))
    told.append(Forget(ago=ago - HOUR / 2, key=f"{day}-remind", by=by) if day % 3 == 0 else Clock(ago=ago - HOUR - 1))
    return told


def _session(rng: Random, coder: Coder, *, start: float, key: str) -> list[Step]:
    """A session from its first prompt to its end, with a few requests on the way."""
    said, ago = base(coder, session_id(rng)), start
    told: list[Step] = []

    def hook(event: str, *, name: str = "", hold: float = 3600, **fields: Any) -> None:
        payload = said | {"hook_event_name": event} | fields
        told.append(Hook(ago=ago, host=coder.host, payload=payload, key=name, hold=hold))

    hook("SessionStart", source="startup", model=coder.model)
    hook("UserPromptSubmit", prompt=rng.choice(coder.prompts))
    for number in range(rng.randint(1, 4)):
        ago -= rng.uniform(20, 200)
        tool, given = rng.choice(HARMLESS)
        hook("PreToolUse", tool_name=tool, tool_input=given)
        ago -= rng.uniform(2, 40)
        hook("PostToolUse", tool_name=tool, tool_input=given)
        ago -= rng.uniform(5, 60)
        tool, given = rng.choice(RISKY)
        name, ending = f"{key}-{number}", rng.choices(ENDINGS, ODDS)[0]
        wait = wait_of(rng)
        hook(
            "PermissionRequest", tool_name=tool, tool_input=given, name=name, hold=wait if ending == "expired" else 4000
        )
        ago -= wait
        if ending in NOTES:
            by = rng.choice(list(PEOPLE))
            told.append(Decide(ago=ago, key=name, by=by, status=ending, note=rng.choice(NOTES[ending])))
        elif ending == "expired":
            told.append(Clock(ago=ago - 1))
        if ending in ("approved", "elsewhere", "failed"):
            ago -= 2
            hook("PostToolUse", tool_name=tool, tool_input=given)
    ago -= rng.uniform(10, 90)
    hook("Stop", last_assistant_message="Done; the tests are green.")
    ago -= rng.uniform(60, 600)
    hook("SessionEnd", reason="prompt_input_exit")
    return told


def _request(rng: Random, *, ago: float, key: str) -> list[Step]:
    """A request by the API and how it ended."""
    agent, ending, wait = rng.choice(SOME), rng.choices(ENDINGS, ODDS)[0], wait_of(rng)
    given = dict(rng.choice(WANTED))
    if ending == "expired":
        given |= {"deadline_seconds": wait, "on_deadline": rng.choice(("expire", "deny"))}
    told: list[Step] = [Ask(ago=ago, key=key, agent=agent, given=given)]
    by, after = rng.choice(list(PEOPLE)), ago - wait
    if ending == "expired":
        told.append(Clock(ago=after - 1))
    elif ending == "elsewhere":
        told.append(TakeBack(ago=after, key=key, status="cancelled", note="No longer needed."))
    else:
        status = "denied" if ending == "denied" else "approved"
        told.append(Decide(ago=after, key=key, by=by, status=status, note=rng.choice(NOTES[status])))
    if ending == "failed":
        told.append(TakeBack(ago=after - 30, key=key, status="failed", note="exit 2: the lock is held by another run"))
    return [*told, ReadInbox(ago=after - 40, agent=agent)]


def _question(rng: Random, *, ago: float, key: str) -> list[Step]:
    """A question to a person, and one to a colleague."""
    (asker, peer), number = rng.sample(SOME, 2), rng.randrange(len(QUESTIONS))
    by, wait = rng.choice(list(PEOPLE)), wait_of(rng)
    late = {"target": peer, "ttl_seconds": 600}
    return [
        Wonder(ago=ago, key=key, agent=asker, parts=(QUESTIONS[number],)),
        Answer(ago=ago - wait, key=key, answers=(REPLIES[number],), by=by),
        Wonder(ago=ago, key=f"{key}-peer", agent=peer, parts=(QUESTIONS[3],), given={"target": asker}),
        Answer(ago=ago - wait / 2, key=f"{key}-peer", answers=("pricing",)),
        Wonder(ago=ago - HOUR, key=f"{key}-late", agent=asker, parts=(QUESTIONS[1],), given=late),
        Clock(ago=ago - HOUR - 601),
    ]  # fmt: skip


def _chat(rng: Random, *, ago: float, key: str) -> list[Step]:
    (one, other), (said, replied) = rng.sample(SOME, 2), rng.choice(CHATTER)
    by = rng.choice(list(PEOPLE))
    return [
        Say(ago=ago, sender=one, to=other, body=said, key=key),
        ReadInbox(ago=ago - 20, agent=other),
        Say(ago=ago - 45, sender=other, to=one, body=replied, reply_to=key),
        Say(ago=ago - 300, to=one, body="Thank you, both. Write it into the handbook.", by=by),
        ReadInbox(ago=ago - 330, agent=one),
    ]


def _lifecycle(rng: Random, *, ago: float) -> list[Step]:
    agent = rng.choice(("rook", "quill", "moth"))
    kind = rng.choice(("restarting", "rebuilding"))
    failed = rng.random() < 0.3
    end = {"outcome": "failed", "error": "builder for nginx-1.26 failed with exit code 1"} if failed else {}
    return [Begin(ago=ago, agent=agent, kind=kind), End(ago=ago - rng.uniform(8, 200), agent=agent, **end)]
