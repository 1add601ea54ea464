"""The types that fields are made of, each with its bounds: what is given too long, too large or odd is a 422."""

from typing import Annotated, Any

from ninja import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from dashboard.enums import AGENT_NAME

LARGEST_ID = 2**63 - 1
LONGEST_DEADLINE = 30 * 86_400
LATEST = 4_102_444_800
"""The year 2100, in unix seconds."""


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold NUL")
    return text


AgentName = Annotated[str, Field(pattern=f"^{AGENT_NAME}$", description="An agent's name.", examples=["mara"])]
Recipient = Annotated[str, Field(pattern=rf"^({AGENT_NAME}|\*)$", examples=["mara", "operator", "*"])]
Word = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_without_nul)]
Key = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_nul)]
SessionId = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_without_nul)]
Line = Annotated[str, Field(max_length=300)]
Note = Annotated[str, Field(max_length=4_000)]
Text = Annotated[str, Field(max_length=20_000)]
LongText = Annotated[str, Field(max_length=800_000)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of what was shown.")]
Seconds = Annotated[float, Field(ge=1, le=LONGEST_DEADLINE, allow_inf_nan=False)]
Id = Annotated[int, Path(ge=1, le=LARGEST_ID, description="The number of the thing.")]
Name = Annotated[str, Path(pattern=f"^{AGENT_NAME}$", description="The agent's name.")]
Wait = Annotated[
    float,
    Query(
        ge=0,
        le=3_600,
        allow_inf_nan=False,
        description="Wait so many seconds at most until it has ended (PERSPT_MAX_WAIT bounds it).",
    ),
]
Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]
Before = Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Only those with a smaller number.")]
InboxLimit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
FromFilter = Annotated[str, Query(alias="from", pattern=f"^({AGENT_NAME})?$", description="Only those it wrote.")]
ToFilter = Annotated[
    str, Query(alias="to", pattern=rf"^({AGENT_NAME}|\*)?$", description="Only those to it, or to `*`.")
]
Thread = Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Only this conversation: its first message.")]
AgentFilter = Annotated[str, Query(pattern=f"^({AGENT_NAME})?$", description="Only those of this agent.")]
WordFilter = Annotated[str, Query(pattern="^[A-Za-z0-9_-]{0,40}$", description="Only those in this state.")]
Pattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9._*?\[\]!-]{1,80}$", examples=["hel-1-*"])]
Moment = Annotated[int | None, Field(description="Unix seconds, or null.")]
Anything = Any


class Given(BaseModel):
    """A body: fields that are not known are refused, so that a typing mistake is never a silent default."""

    model_config = ConfigDict(extra="forbid")
