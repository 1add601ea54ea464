"""The real Claude Code runs against the scripted model: what every test of the connection stands on."""

import json
from urllib.request import Request, urlopen

import pytest

from tests.fakes.claude_cli import ClaudeCli, claude_binary
from tests.fakes.model_server import ModelServer, use
from tests.harness.waiting import unavailable


def asked(model, path, **body):
    request = Request(model.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=5) as answer:
        return answer.read().decode()


def test_the_script_is_followed_by_requests_that_offer_tools():
    with ModelServer([use("Read", file_path="x"), "Read it."]) as model:
        title = json.loads(asked(model, "/v1/messages", messages=[]))
        first = json.loads(asked(model, "/v1/messages?beta=true", tools=[{}], messages=[]))
        second = asked(model, "/v1/messages", tools=[{}], messages=[], stream=True)
        third = json.loads(asked(model, "/v1/messages", tools=[{}], messages=[]))

    assert title["content"][0]["type"] == "text"
    assert (first["stop_reason"], first["content"][0]["input"]) == ("tool_use", {"file_path": "x"})
    assert second.startswith("event: message_start\n")
    assert second.endswith('event: message_stop\ndata: {"type": "message_stop"}\n\n')
    assert third["content"] == [{"type": "text", "text": "Done."}]
    assert (len(model.requests), len(model.side_requests)) == (3, 1)


def test_tokens_can_be_counted_and_the_server_looked_for():
    with ModelServer() as model:
        assert json.loads(asked(model, "/v1/messages/count_tokens", messages=[])) == {"input_tokens": 100}
        with urlopen(Request(model.url, method="HEAD"), timeout=5) as answer:
            assert answer.status == 200


@pytest.mark.slow
def test_the_real_agent_uses_a_tool_and_the_model_reads_the_result(tmp_path):
    if claude_binary() is None:
        unavailable("Claude Code")
    script = [use("Bash", command="echo forty-two", description="Say a number"), "It said forty-two."]

    with ModelServer(script) as model, ClaudeCli(model, tmp_path) as claude:
        run = claude.run("Say a number")

    assert (run.code, run.result) == (0, "It said forty-two.")
    assert model.tool_results() == ["forty-two"]
