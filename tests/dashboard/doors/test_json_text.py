"""Somebody's JSON file, changed in one place."""

import json
import random

import pytest

from dashboard.doors.json_text import NotJsonError, add, drop, parse, put

THEIRS = """{
    "model": "opus",
    "permissions": {"allow": ["Bash(ls:*)", "Read"],  "deny": []},
    "hooks": {
        "Stop": [
            {"hooks": [{"type": "command", "command": "say \\"done\\" \\u00fc ü"}]}
        ]
    }
}
"""


def test_what_is_added_takes_over_the_indentation_and_nothing_else_moves():
    assert put(THEIRS, ["env", "A"], "1") == THEIRS.replace(
        "        ]\n    }\n}\n", '        ]\n    },\n    "env": {\n        "A": "1"\n    }\n}\n'
    )
    assert add(THEIRS, ["hooks", "Stop"], {"hooks": []}) == THEIRS.replace(
        "]}\n        ]", ']},\n            {\n                "hooks": []\n            }\n        ]'
    )


def test_a_line_stays_a_line():
    assert add(THEIRS, ["permissions", "allow"], "Grep") == THEIRS.replace('"Read"]', '"Read", "Grep"]')


def test_adding_and_dropping_gives_back_the_text():
    changed = put(add(THEIRS, ["hooks", "Stop"], {"x": [1, {"y": 2}]}), ["env", "A"], "1")

    assert drop(drop(changed, ["hooks", "Stop", 1]), ["env"]) == THEIRS


@pytest.mark.parametrize(
    "text", ["{}", "{}\n", "{ }", '{"a":1}', '{"a": [], "b": {}}', '{\n\t"a": 1\n}', '{\r\n  "a": 1\r\n}\r\n']
)
def test_any_style_can_be_changed_and_changed_back(text):
    changed = put(text, ["hooks", "Stop"], [{"a": "b"}])
    assert json.loads(changed) == json.loads(text) | {"hooks": {"Stop": [{"a": "b"}]}}
    assert json.loads(drop(changed, ["hooks"])) == json.loads(text)


def test_a_value_is_replaced_in_place():
    assert put(THEIRS, ["model"], "sonnet") == THEIRS.replace('"opus"', '"sonnet"')


def test_the_first_and_the_middle_and_the_only_one_can_be_dropped():
    assert drop('{"a": 1, "b": 2, "c": 3}', ["a"]) == '{"b": 2, "c": 3}'
    assert drop('{"a": 1, "b": 2, "c": 3}', ["b"]) == '{"a": 1, "c": 3}'
    assert drop("[1]", [0]) == "[]"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "line 1, column 1"),
        ("{\n  // mine\n}", "line 2, column 3"),
        ('{"a": 1,}', "line 1, column 9"),
        ('{"a": 1, "a": 2}', "'a' stands here twice"),
        ('{"a" 1}', "a colon is missing"),
        ('{"a": "x', "not closed"),
        ('{"a": 01}', "line 1, column 8"),
        ("{} {}", "something after the end"),
        ("[" * 20_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_said_with_its_place(text, where):
    with pytest.raises(NotJsonError, match=where):
        parse(text)


def test_whatever_a_program_writes_is_read_as_the_standard_library_reads_it():
    chance = random.Random(7)
    for _ in range(300):
        value = _something(chance, 4)
        text = json.dumps(value, indent=chance.choice([None, 1, 4]), ensure_ascii=chance.random() < 0.5)
        assert parse(text).value == value


def _something(chance, depth):
    kind = chance.randrange(4 if depth == 0 else 6)
    if kind == 4:
        return [_something(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 5:
        return {
            chance.choice('abcdü"\\\n') * (n + 1): _something(chance, depth - 1) for n in range(chance.randrange(4))
        }
    return [chance.randrange(-9, 9), chance.random() * 1e20, None, 'ü\u2028"\\\t/'][kind]
