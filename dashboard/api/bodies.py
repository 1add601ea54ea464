"""What is sent in: one body per call, each field with its bounds. Fields that are not known are refused."""

from typing import Literal

from pydantic import Field

from dashboard.api.words import (
    LARGEST_ID,
    LATEST,
    LONGEST_DEADLINE,
    AgentName,
    Anything,
    Digest,
    Given,
    Key,
    Line,
    LongText,
    Note,
    Pattern,
    Recipient,
    Seconds,
    SessionId,
    Text,
    Word,
)
from dashboard.enums import DEFAULT_SCOPES, Scope


class ApprovalIn(Given):
    agent: AgentName = Field(description="Who asks.")
    approval_kind: Word = Field(description="What kind of request it is, in your words.", examples=["run_command"])
    description: Text | None = Field(None, description="What you want, in words.")
    diff: LongText | None = Field(None, description="The change you want to make, as a unified diff.")
    command: LongText | None = Field(None, description="The command you want to run.")
    cwd: str | None = Field(None, max_length=1_000, description="The folder in which.")
    commit_ref: Key | None = Field(None, description="The commit it is about.")
    tool_input: Anything = Field(None, description="What you want to give to a tool: any JSON.")
    risk: Literal["low", "medium", "high", "critical", "unknown"] | None = Field(
        None, description="Your own judgement. It can raise the console's, never lower it."
    )
    deadline_seconds: Seconds | None = Field(None, description="How long it may wait: 1 second to 30 days.")
    on_deadline: Literal["expire", "deny"] = Field("expire", description="What silence means; never a yes.")
    session: SessionId | None = Field(None, description="The id of the session in which you ask.")
    request_id: Key | None = Field(None, description="Your own name for the request: sent again, it is the same one.")


class ResolveIn(Given):
    status: Literal["approved", "denied", "cancelled", "failed"] = Field(
        description="A person approves or denies; the asking token cancels, or reports a failure."
    )
    digest: Digest | None = Field(None, description="The digest of what was shown; a decision needs it.")
    note: Note = Field("", description="What the agent should know.")


class QuestionIn(Given):
    asker: AgentName = Field(description="Who asks.")
    question: Text = Field(min_length=1, description="What you want to know.")
    options: list[Key] = Field(default_factory=list, max_length=50, description="Answers to choose from.")
    multi: bool = Field(default=False, description="Whether several may be chosen.")
    ttl_seconds: Seconds | None = Field(None, description="How long it may wait: 1 second to 30 days.")
    default_answer: Note | None = Field(None, description="What counts as the answer if nobody gives one in time.")
    target: AgentName | None = Field(None, description="The agent you ask; null is the operator.")
    session: SessionId | None = Field(None, description="The id of the session in which you ask.")
    request_id: Key | None = Field(None, description="Your own name for the question: sent again, it is the same one.")


class AnswerIn(Given):
    answer: Text | None = Field(None, description="The answer, where one question was asked.")
    answers: dict[str, Text] | None = Field(None, description="The answer to each part, under its text.")
    digest: Digest | None = Field(None, description="The digest of what was shown, to be sure it is still that.")


class MessageIn(Given):
    from_: AgentName | None = Field(
        None, alias="from", description="Who writes: an agent of the token. A person writes as `operator`."
    )
    to: Recipient = Field(description="An agent, `operator`, or `*` for every agent but the sender.")
    body: Text = Field(min_length=1, description="The text.")
    reply_to: int | None = Field(None, ge=1, le=LARGEST_ID, description="The number of the message that is answered.")


class ReminderIn(Given):
    agent: AgentName = Field(description="Who is to be reminded.")
    message: Text = Field(min_length=1, description="Of what.")
    due_at: int | None = Field(None, ge=0, le=LATEST, description="When, in unix seconds; or `in_seconds`.")
    in_seconds: float | None = Field(
        None, gt=0, le=12 * LONGEST_DEADLINE, allow_inf_nan=False, description="In how many seconds; or `due_at`."
    )


class TransientIn(Given):
    transient_kind: str = Field(
        min_length=1,
        max_length=40,
        description="What begins: spawning, starting, stopping, restarting, rebuilding, destroying, or your own word.",
        examples=["restarting"],
    )
    timeout_seconds: Seconds | None = Field(
        None, description="After how long nobody believes in it any more and it counts as failed; an hour if not given."
    )


class TransientEndIn(Given):
    outcome: Literal["ok", "failed"] = Field(description="How it ended.")
    error: Note = Field("", description="What went wrong.")


class AgentIn(Given):
    """Only the fields that are given change; none at all is the heartbeat."""

    runtime: str = Field("", max_length=40, description="What kind of agent it is.")
    host: str = Field("", max_length=120, description="The machine it runs on.")
    state: str = Field("", max_length=20, pattern="^[a-z_]*$", description="What it does.", examples=["working"])
    running: bool = Field(default=True, description="Whether it runs at all.")
    paused: bool = Field(default=False, description="Whether it was told to pause.")
    failed: bool = Field(default=False, description="Whether it has failed.")
    needs_login: bool = Field(default=False, description="Whether it has to sign in somewhere first.")
    needs_update: bool = Field(default=False, description="Whether it is out of date.")
    status_text: Line | None = Field(None, description="What it says of itself; null clears it.")
    model: str | None = Field(None, max_length=120, description="The model it uses; null clears it.")
    parent: AgentName | None = Field(None, description="The agent it hangs below; null makes it a root.")


class ReasonIn(Given):
    reason: Note = Field(min_length=1, description="Why; it is kept with the order.")


class CommandIn(Given):
    verb: Word = Field(description="pause, resume, stop, restart, interrupt or nudge.", examples=["pause"])
    agent: AgentName = Field(description="Who is to do it.")
    reason: Note = Field(min_length=1, description="Why.")


class CommandOutcomeIn(Given):
    status: Literal["done", "failed"] = Field(description="What became of it.")
    error: Note = Field("", description="What went wrong.")


class TokenIn(Given):
    name: str = Field(min_length=1, max_length=120, description="What it is called.")
    scopes: list[Scope] = Field(
        default_factory=lambda: list(DEFAULT_SCOPES), min_length=1, max_length=10, description="What it may do."
    )
    agents: list[Pattern] = Field(
        default_factory=list,
        max_length=100,
        description="Patterns of the agents it speaks for, such as `hel-1-*`; none is any.",
    )
    host: str = Field("", max_length=60, description="How the names begin of agents that are named by folder.")
