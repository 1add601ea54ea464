"""Text of an agent is shown whole and harmless, and every database can keep it."""

import pytest

from dashboard.ingest.text import capped, one_line, storable, storable_json, visible, without_ansi


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain é 中文 👍🏽", "plain é 中文 👍🏽"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("dos\r\nends", "dos\nends"),
        ("over\rwritten", "over\\rwritten"),
        ("ls\x1b[8m; rm -rf /", "ls\\x1b[8m; rm -rf /"),
        ("cat \u202etxt.exe", "cat \\u202etxt.exe"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("nul\0 half\ud83d", "nul\\x00 half\\ud83d"),
        ("next\x85line\u2028sep", "next\\x85line\\u2028sep"),
    ],
)
def test_what_a_screen_would_swallow_is_spelled_out(text, seen):
    assert visible(text) == seen


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;https://example.org\x07link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Kcleared", "cleared"),
        ("\x1b(Bascii\x1b=", "ascii"),
        ("\x1bPq#0\x1b\\after", "after"),
        ("\x1b]0;never closed", "\\x1b]0;never closed"),
    ],
)
def test_output_loses_its_colours_but_nothing_that_is_unfinished(text, seen):
    assert without_ansi(text) == seen


@pytest.mark.parametrize("piece", ["\x1b]", "\x1b[;", "\x1b[0", "\x1bP", "\x9b", "\x1b"])
def test_hostile_sequences_cost_no_more_than_their_length(piece):
    assert without_ansi(piece * 50_000).count("\\x") <= 50_000


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("pytest -q", "pytest -q"),
        ("  a\n\n  b\tc ", "a b c"),
        ("x" * 30, "x" * 19 + "…"),
        ("a" + " " * 500, "a…"),
        ("", ""),
        ("up\x1b[A\u202e", "up\\x1b[A\\u202e"),
    ],
)
def test_a_status_fits_on_one_line(text, line):
    assert one_line(text, 20) == line


def test_a_cut_says_what_is_missing():
    assert capped("abcdef", 4) == "abcd\n… 2 more characters"
    assert capped("abcd", 4) == "abcd"
    assert visible("\x00" * 2_000, limit=8) == "\\x00\\x00\n… 7,992 more characters"


def test_what_is_stored_has_neither_nul_nor_half_characters():
    assert storable("a\0b\ud800c") == "a␀b\ufffdc"
    assert storable_json({"k\0": ["\ud800", 1, None, True]}) == {"k␀": ["\ufffd", 1, None, True]}
