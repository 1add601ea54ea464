"""Whatever is sent to the API, by the book or against it, it answers as it is described and never breaks.

The requests are made up from the description that the running console gives of itself, the same ones in each run.
"""

from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dashboard.enums import Scope
from tests.harness.console import Console

pytestmark = pytest.mark.slow

PROMISES = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 8
LONGEST_QUERY = 8_000
"""Beyond 16 KiB the server hangs up on the first line of a request, before there is anything to answer."""
ALL_SCOPES = [word for scope in Scope for word in ("--scope", scope)]


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    """A console that neither waits for long nor slows its callers down, with one of everything."""
    quick = {"PERSPT_MAX_WAIT": "0.2", "PERSPT_RATE_LIMITS": "0"}
    with Console(tmp_path_factory.mktemp("schemathesis") / "console", settings=quick) as console:
        fill(console)
        yield console


def fill(console) -> None:
    with console.machine(console.token("mara", *ALL_SCOPES)) as mara:
        for path, body in {
            "approvals": {"agent": "mara", "approval_kind": "run_command", "command": "ls"},
            "questions": {"asker": "mara", "question": "Which?", "options": ["this", "that"]},
            "messages": {"from": "mara", "to": "operator", "body": "hello"},
            "reminders": {"agent": "mara", "message": "look again", "in_seconds": 3_600},
            "agents/mara/transients": {"transient_kind": "starting"},
        }.items():
            assert mara.post(f"/api/v1/{path}", json=body).status_code == 201


@pytest.fixture(scope="module", params=["a machine", "a person"])
def caller(request, console) -> dict[str, str]:
    """The headers of who calls; both may do all that is open to their kind."""
    if request.param == "a machine":
        return {"Authorization": f"Bearer {console.token('fuzz', *ALL_SCOPES)}"}
    with console.client() as browser:
        browser.get("/")
        cookies = dict(browser.cookies)
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {"Cookie": text, "X-CSRFToken": cookies["perspt_csrf"]}


@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
def test_every_call_keeps_what_its_description_promises(console, caller, mode):
    schema = schemathesis.openapi.from_url(f"{console.url}/api/v1/openapi.json", headers=caller)
    broken, walked = [], 0
    for operation in (result.ok() for result in schema.get_all_operations()):
        walked += 1
        try:
            tried(operation, schemathesis.GenerationMode[mode], caller)
        except* Exception as group:  # noqa: BLE001  all that is wrong with one call, and then the next one
            broken.append("\n".join(f"{operation.label}: {error}" for error in group.exceptions))

    assert walked > 30
    assert not broken, "\n\n".join(broken)


def tried(operation, mode, headers) -> None:
    """Send a bounded number of made-up requests; names are often those of an agent that is there."""
    known = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @known
    @given(case=operation.as_strategy(generation_mode=mode), at_mara=st.booleans())
    def run(case, at_mara):
        if at_mara and "name" in (case.path_parameters or {}):
            case.path_parameters["name"] = "mara"
        assume(len(urlencode(case.query or {})) < LONGEST_QUERY)
        case.call_and_validate(checks=PROMISES, headers=headers)

    run()
