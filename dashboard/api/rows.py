"""What comes back: the rows of `selectors.rows` and the bodies around them, described field by field."""

from typing import Any

from ninja import Schema
from pydantic import Field

from dashboard.api.words import Moment


class ErrorBody(Schema):
    code: str = Field(description="A stable word for programs.")
    message: str = Field(description="A sentence for people.")
    fields: dict[str, str] | None = Field(None, description="Which fields cannot be accepted, and why.")


class Ending(Schema):
    status: str = Field(description="How it ended.")
    resolved_by: str | None = Field(description="A user, `deadline`, `terminal`, or the agent itself.")
    resolved_at: Moment = Field(description="When, in unix seconds.")
    note: str | None = Field(description="What was said with it.")


class Error(Schema):
    """Everything that is refused has this shape."""

    error: ErrorBody = Field(description="What is wrong.")
    resolved: Ending | None = Field(None, description="With 409: what came first.")
    current: dict[str, Any] | None = Field(None, description="With 409 `changed`: the row as it is now.")


class AgentRow(Schema):
    name: str = Field(description="The agent's name.")
    parent: str | None = Field(description="The agent it hangs below.")
    runtime: str = Field(description="What kind of agent it is, such as claude.")
    host: str = Field(description="The machine it runs on.")
    state: str = Field(description="What it was last known to do: starting, working, waiting, idle, ended, unknown.")
    running: bool = Field(description="Whether it runs at all.")
    paused: bool = Field(description="Whether it was told to pause.")
    failed: bool = Field(description="Whether it has failed.")
    needs_login: bool = Field(description="Whether it has to sign in somewhere first.")
    needs_update: bool = Field(description="Whether it is out of date.")
    silent: bool = Field(description="At work, but nothing was heard for a while.")
    status_text: str | None = Field(description="What it says of itself.")
    status_set_at: Moment = Field(description="When it said so, in unix seconds.")
    active_model: str | None = Field(description="The model it uses.")
    source: str = Field(description="How we know: hook, api, runner, store.")
    seen_at: Moment = Field(description="When it was last heard of, in unix seconds.")


class SessionRow(Schema):
    source: str = Field(description="Where it comes from: perspt, claude, codex, ductor, hyperhive, api.")
    external_id: str = Field(description="Its id there.")
    agent: str = Field(description="The agent it belongs to.")
    title: str | None = Field(description="What it is about.")
    cwd: str | None = Field(description="The folder it works in.")
    model: str | None = Field(description="The model it uses.")
    permission_mode: str | None = Field(description="How freely it may act, in its own words.")
    state: str = Field(description="What it was last known to do.")
    silent: bool = Field(description="At work, but nothing was heard for a while.")
    status_text: str | None = Field(description="What it says of itself.")
    started_at: Moment = Field(description="When it was first heard of, in unix seconds.")
    seen_at: Moment = Field(description="When it was last heard of, in unix seconds.")
    ended_at: Moment = Field(description="When it ended, in unix seconds.")


class AskEnding(Schema):
    status: str = Field(description="pending, or how it ended. A word you do not know is neither pending nor allowed.")
    note: str | None = Field(description="What was said with the decision.")
    resolved_by: str | None = Field(description="A user, `deadline`, `terminal`, or the agent itself.")
    resolved_via: str | None = Field(description="By which door: web, api, hook, deadline, terminal.")
    resolved_at: Moment = Field(description="When, in unix seconds.")
    redacted: int = Field(description="How many secrets were cut out before it was stored.")


class ApprovalRow(AskEnding):
    id: int = Field(description="Its number.")
    agent: str = Field(description="Who asks.")
    session: str | None = Field(description="The id of the session in which it asks.")
    approval_kind: str = Field(description="What kind of request it is.")
    description: str | None = Field(description="What it wants, in words.")
    command: str | None = Field(description="The command it wants to run.")
    cwd: str | None = Field(description="The folder in which.")
    diff: str | None = Field(description="The change it wants to make.")
    commit_ref: str | None = Field(description="The commit it is about.")
    tool_name: str | None = Field(description="The tool it wants to use.")
    tool_input: Any = Field(description="What it wants to give to the tool.")
    risk: str = Field(description="low, medium, high, critical or unknown.")
    risk_reasons: list[Any] = Field(description="Why.")
    request_id: str | None = Field(description="The asker's own name for the request.")
    digest: str = Field(description="SHA-256 of what is shown; a decision is bound to it.")
    requested_at: Moment = Field(description="When it was asked, in unix seconds.")
    deadline_at: Moment = Field(description="Until when it waits, in unix seconds.")
    on_deadline: str = Field(description="What silence means: expire or deny.")


class QuestionRow(AskEnding):
    id: int = Field(description="Its number.")
    asker: str = Field(description="Who asks.")
    session: str | None = Field(description="The id of the session in which it asks.")
    question: str = Field(description="The text.")
    parts: list[dict[str, Any]] = Field(description="The questions that are asked at once, with their options.")
    options: list[str] = Field(description="The labels of all options.")
    multi: bool = Field(description="Whether several options may be chosen.")
    target: str | None = Field(description="The agent that is asked; null is the operator.")
    default_answer: str | None = Field(description="What counts as the answer if nobody gives one.")
    request_id: str | None = Field(description="The asker's own name for the question.")
    digest: str = Field(description="SHA-256 of what is shown.")
    asked_at: Moment = Field(description="When it was asked, in unix seconds.")
    deadline_at: Moment = Field(description="Until when it waits, in unix seconds.")
    in_terminal: bool = Field(description="Only the agent's own terminal can answer it.")
    answer: str | None = Field(description="The answer, in one text.")
    answers: dict[str, str] = Field(description="The answer to each part, under its text.")


class CommandRow(Schema):
    id: int = Field(description="Its number.")
    verb: str = Field(description="What is ordered.")
    agent: str | None = Field(description="Who is to do it.")
    subject: str | None = Field(description="What it is about, where that is no agent.")
    operator: str = Field(description="Who ordered it.")
    reason: str = Field(description="Why.")
    before: Any = Field(description="What was before.")
    after: Any = Field(description="What is after.")
    status: str = Field(description="issued, done or failed.")
    error: str | None = Field(description="What went wrong.")
    issued_at: Moment = Field(description="When it was ordered, in unix seconds.")
    resolved_at: Moment = Field(description="When it was carried out, in unix seconds.")
    resolved_by: str | None = Field(description="Who said so.")


class MessageRow(Schema):
    id: int = Field(description="Its number.")
    from_: str = Field(alias="from", description="Who wrote: an agent, `operator` or `system`.")
    to: str = Field(description="Whom: an agent, `operator`, or `*` for all.")
    body: str = Field(description="The text.")
    at: Moment = Field(description="When, in unix seconds.")
    reply_to: int | None = Field(description="The message it answers.")
    thread: int = Field(description="The first message of the conversation.")
    actor: str | None = Field(description="The person who wrote it, if one did.")


class ReminderRow(Schema):
    id: int = Field(description="Its number.")
    owner: str = Field(description="Who is reminded.")
    message: str = Field(description="Of what.")
    due_at: Moment = Field(description="When, in unix seconds.")
    status: str = Field(description="pending, delivered or cancelled.")
    created_at: Moment = Field(description="When it was made, in unix seconds.")
    resolved_at: Moment = Field(description="When it was delivered or cancelled, in unix seconds.")
    resolved_by: str | None = Field(description="Who cancelled it, or `deadline`.")


class TransientRow(Schema):
    name: str = Field(description="The agent it happens to.")
    transient_kind: str = Field(description="What is done.")
    since_unix: int = Field(description="Since when, in unix seconds.")
    outcome: str | None = Field(description="ok, failed or superseded; null while it is under way.")
    error: str | None = Field(description="What went wrong.")


class LooseEndRow(Schema):
    kind: str = Field(description="approval, question or reminder; it tells which other fields there are.")
    id: int = Field(description="The number of the thing.")
    age_seconds: int = Field(description="How long it has been open.")
    agent: str | None = Field(None, description="approval: who asks.")
    commit_ref: str | None = Field(None, description="approval: the commit it is about.")
    description: str | None = Field(None, description="approval: what is wanted.")
    asker: str | None = Field(None, description="question: who asks.")
    target: str | None = Field(None, description="question: the agent that is asked; null is the operator.")
    question: str | None = Field(None, description="question: the text.")
    owner: str | None = Field(None, description="reminder: who is reminded.")
    message: str | None = Field(None, description="reminder: of what.")
    due_at: Moment = Field(None, description="reminder: when, in unix seconds.")


class TokenRow(Schema):
    id: int = Field(description="Its number.")
    name: str = Field(description="What it is called.")
    prefix: str = Field(description="How its text begins, to tell tokens apart.")
    scopes: list[str] = Field(description="What it may do.")
    agents: list[str] = Field(description="Patterns of the agents it speaks for; none is any.")
    host: str = Field(description="How the names begin of agents that are named by folder.")
    created_by: str = Field(description="Who made it.")
    created_at: Moment = Field(description="When, in unix seconds.")
    last_used_at: Moment = Field(description="When it last opened something, in unix seconds (to the minute).")
    revoked_at: Moment = Field(description="Since when it opens nothing, in unix seconds.")


class NewToken(TokenRow):
    token: str = Field(description="Its text. It is said only once.")


class Asked(Schema):
    id: int = Field(description="The number under which it waits.")
    digest: str = Field(description="SHA-256 of what is shown.")
    status: str = Field(description="pending.")
    url: str = Field(description="The page on which a person answers.")


class Snapshot(Schema):
    seq: int = Field(description="The number from which the feed goes on; read before all else.")
    epoch: str = Field(description="Which log that number belongs to.")
    agents: list[AgentRow] = Field(description="The roster.")
    approvals: list[ApprovalRow] = Field(description="What waits for a yes or no, the costliest delay first.")
    questions: list[QuestionRow] = Field(description="What waits for an answer.")
    transients: list[dict[str, Any]] = Field(description="Lifecycle actions under way.")
    reminders: list[dict[str, Any]] = Field(description="Open reminders.")
    sessions: list[SessionRow] = Field(description="The newest 50 sessions.")
    targets: list[dict[str, Any]] = Field(description="Supervised processes.")


class Gap(Schema):
    from_: int = Field(alias="from", description="The first number that is missing.")
    to: int = Field(description="The last one.")


class History(Schema):
    seq: int = Field(description="The number to ask on from.")
    epoch: str = Field(description="Which log the numbers belong to.")
    events: list[dict[str, Any]] = Field(description="The frames, as the feed sends them, in order.")
    gap: Gap | None = Field(None, description="Events that cannot be had any more: read the state again.")


class Approvals(Schema):
    approvals: list[ApprovalRow] = Field(description="Newest first.")
    next: int | None = Field(description="The `before` of the next page.")


class Questions(Schema):
    questions: list[QuestionRow] = Field(description="Newest first.")
    next: int | None = Field(description="The `before` of the next page.")


class Agents(Schema):
    agents: list[AgentRow] = Field(description="By name.")


class Sessions(Schema):
    sessions: list[SessionRow] = Field(description="The one heard of last first.")
    next: str | None = Field(description="The `before` of the next page.")


class Commands(Schema):
    commands: list[CommandRow] = Field(description="The orders.")


class Messages(Schema):
    messages: list[MessageRow] = Field(description="Newest first.")
    next: int | None = Field(description="The `before` of the next page.")


class Inbox(Schema):
    messages: list[MessageRow] = Field(description="What is unread, oldest first.")


class InboxRead(Schema):
    read: int = Field(description="How many messages were unread.")


class Reminders(Schema):
    reminders: list[ReminderRow] = Field(description="The next one first.")


class LooseEnds(Schema):
    loose_ends: list[LooseEndRow] = Field(description="Newest first.")


class Tokens(Schema):
    tokens: list[TokenRow] = Field(description="Newest first.")


class Stored(Schema):
    """What was stored of each kind that was told; kinds that were not are left out."""

    agents: dict[str, int] | None = Field(None, description="`heard`: how many words of agents.")
    messages: dict[str, list[int]] | None = Field(None, description="`ids`: the messages' numbers, in your order.")
    transients: dict[str, int] | None = Field(None, description="How many `begun`, how many `ended`.")
    turns: dict[str, int] | None = Field(None, description="How many `stored`, how many `known` already.")
