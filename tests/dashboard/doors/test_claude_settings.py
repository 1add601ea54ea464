"""Claude Code's settings file: our hooks put in, found again, taken out."""

import json

import pytest

from dashboard.doors.claude_settings import (
    Connection,
    Gate,
    connected,
    disconnected,
    hindrances,
    settings_of,
    tokens_in,
)
from dashboard.doors.json_text import NotJsonError

HERE = Connection("http://127.0.0.1:8000", "ppt_one")
THEIRS = """{
  "env": {"EDITOR": "vi"},
  "hooks": {
    "Stop": [{"hooks": [{"type": "command", "command": "say done"}]}],
    "PreToolUse": [
      {
        "matcher": "Bash",
        "hooks": [{"type": "http", "url": "https://other.example/hooks/claude", "statusMessage": "theirs"}]
      }
    ]
  }
}
"""


def handler(settings, event):
    return settings["hooks"][event][-1]["hooks"][0]


def test_permissions_are_held_shorter_than_their_timeout_and_observations_end_soon():
    settings = settings_of(HERE)

    assert handler(settings, "PermissionRequest") == {
        "type": "http",
        "url": "http://127.0.0.1:8000/hooks/claude?hold=580",
        "timeout": 590,
        "headers": {"Authorization": "Bearer $CONSOLE_TOKEN_127_0_0_1_8000"},
        "allowedEnvVars": ["CONSOLE_TOKEN_127_0_0_1_8000"],
        "statusMessage": "Perspt: also waiting in the console",
    }
    others = {event: handler(settings, event) for event in settings["hooks"] if event != "PermissionRequest"}
    assert {one["timeout"] for one in others.values()} == {3}
    assert not any("onFailure" in one for one in others.values())
    assert settings["env"] == {"CONSOLE_TOKEN_127_0_0_1_8000": "ppt_one"}


def test_session_start_takes_no_http_handler_and_shows_no_token_in_its_arguments():
    start = handler(settings_of(HERE), "SessionStart")

    assert (start["type"], start["timeout"]) == ("command", 3)
    first, _, rest = start["command"].partition("\n")
    assert "TOKEN" not in first
    assert rest == 'header = "Authorization: Bearer $CONSOLE_TOKEN_127_0_0_1_8000"\nEND'


def test_the_gate_holds_calls_and_blocks_when_the_console_is_stopped_unless_told_otherwise():
    closed = handler(settings_of(Connection(HERE.url, "t", Gate.CLOSED)), "PreToolUse")
    assert closed["url"] == "http://127.0.0.1:8000/hooks/claude?hold=580&gate=1"
    assert (closed["timeout"], closed["onFailure"]) == (590, "block")

    opened = handler(settings_of(Connection(HERE.url, "t", Gate.OPEN)), "PreToolUse")
    assert opened["url"] == closed["url"]
    assert "onFailure" not in opened


def test_what_others_wrote_stays_and_taking_out_gives_back_the_very_text():
    text = connected(THEIRS, HERE)

    settings = json.loads(text)
    assert settings["hooks"]["Stop"][0] == {"hooks": [{"type": "command", "command": "say done"}]}
    assert settings["hooks"]["PreToolUse"][0]["matcher"] == "Bash"
    assert settings["env"]["EDITOR"] == "vi"
    assert disconnected(text) == THEIRS


def test_a_new_file_holds_what_is_to_be_pasted_elsewhere():
    assert json.loads(connected("", HERE)) == settings_of(HERE)
    assert disconnected(connected("", HERE)) == "{}\n"


def test_connecting_twice_replaces():
    once = connected(THEIRS, Connection("https://old.example", "ppt_old", Gate.CLOSED))
    twice = connected(once, HERE)

    assert twice == connected(THEIRS, HERE)
    assert tokens_in(once) == ["ppt_old"]
    assert "old.example" not in twice


def test_a_handler_that_someone_moved_into_a_group_of_his_own_is_found_and_the_rest_of_the_group_stays():
    settings = settings_of(HERE)
    mine = {"type": "command", "command": "say done"}
    settings["hooks"]["Stop"][0] = {"matcher": "x", "hooks": [mine, handler(settings, "Stop")]}

    assert json.loads(disconnected(json.dumps(settings))) == {"hooks": {"Stop": [{"matcher": "x", "hooks": [mine]}]}}


@pytest.mark.parametrize("text", ["{", '{"hooks": []}', '{"hooks": {"Stop": {}}}', '{"env": 1}', "[]"])
def test_what_cannot_be_understood_is_not_changed(text):
    with pytest.raises(NotJsonError):
        connected(text, HERE)


def test_odd_shapes_of_others_are_left_alone():
    odd = '{"hooks": {"Stop": [1, {"hooks": 2}, {"hooks": [3, {"url": 4}]}, {}]}}'

    assert disconnected(odd) == odd
    assert json.loads(connected(odd, HERE))["hooks"]["Stop"][:4] == json.loads(odd)["hooks"]["Stop"]


def test_what_keeps_the_hooks_from_running_is_said():
    text = '{"disableAllHooks": true, "allowedHttpHookUrls": ["https://x/*"], "httpHookAllowedEnvVars": []}'

    assert len(hindrances(text, HERE)) == 3
    assert hindrances(THEIRS, HERE) == []


@pytest.mark.parametrize("url", ["ftp://x", "http://x/path", "http://x'$(id)", "http://a b", "http://u:p@x", ""])
def test_an_address_that_could_break_out_of_its_line_is_refused(url):
    with pytest.raises(ValueError, match="no address"):
        Connection(url, "t")
