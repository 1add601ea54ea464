"""Diffs are read as they are meant, made from edits, and never lose a line whatever they hold."""

import random

import pytest

from dashboard.ingest.diff import Line, edit_diff, edits_diff, read_diff, write_diff

GIT = """diff --git a/shop/cart.py b/shop/cart.py
index 1f2e3d4..5a6b7c8 100644
--- a/shop/cart.py
+++ b/shop/cart.py
@@ -10,4 +10,5 @@ def total(cart):
     rows = cart.rows
-    return sum(rows)
+    prices = [row.price for row in rows]
+    return sum(prices)
 # blank
 # the end
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
--- a/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-farewell
\\ No newline at end of file
"""


def shown(files):
    return [line.text for file in files for hunk in file.hunks for line in hunk.lines]


def test_a_git_diff_is_read_file_by_file_with_numbers_of_both_sides():
    cart, renamed, gone = read_diff(GIT)

    assert (cart.path, cart.added, cart.removed, cart.change) == ("shop/cart.py", 2, 1, "changed")
    assert cart.hunks[0].header == "@@ -10,4 +10,5 @@ def total(cart):"
    assert cart.hunks[0].lines[:4] == (
        Line("same", 10, 10, "    rows = cart.rows"),
        Line("removed", 11, None, "    return sum(rows)"),
        Line("added", None, 11, "    prices = [row.price for row in rows]"),
        Line("added", None, 12, "    return sum(prices)"),
    )
    assert (renamed.path, renamed.old_path, renamed.change) == ("new name.txt", "old name.txt", "renamed")
    assert (gone.path, gone.change, gone.removed) == ("gone.txt", "deleted", 1)
    assert gone.hunks[0].lines[1].kind == "note"


def test_a_removed_line_that_looks_like_a_header_stays_content():
    (file,) = read_diff("--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,2 @@\n--- drop it\n+++ keep it\n same\n")

    assert [(line.kind, line.text) for line in file.hunks[0].lines] == [
        ("removed", "-- drop it"),
        ("added", "++ keep it"),
        ("same", "same"),
    ]


def test_lines_beyond_the_promised_counts_are_still_shown():
    (file,) = read_diff("--- a/x\n+++ b/x\n@@ -1,0 +1,1 @@\n+fine\n+evil\nstray words\n")

    assert shown([file]) == ["fine", "evil", "stray words"]
    assert file.added == 2


def test_text_that_is_no_diff_comes_back_as_one_raw_file():
    (file,) = read_diff("just words\n+ and a plus\n")

    assert (file.change, file.path, file.added) == ("raw", "", 0)
    assert shown([file]) == ["just words", "+ and a plus"]


def test_words_before_a_diff_are_kept_beside_it():
    letter, file = read_diff("Subject: change\n\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")

    assert letter.change == "raw"
    assert (file.path, file.added, file.removed) == ("x", 1, 1)


def test_a_hunk_without_a_file_is_still_a_hunk():
    words, file = read_diff("Look:\n@@ -4 +4 @@\n-a\n+b\n")

    assert shown([words]) == ["Look:"]
    assert file.hunks[0].lines == (Line("removed", 4, None, "a"), Line("added", None, 4, "b"))


@pytest.mark.parametrize(
    ("header", "path"),
    [
        ('--- "a/caf\\303\\251.txt"\n+++ "b/caf\\303\\251.txt"\n', "café.txt"),
        ("--- a/x.c\t2026-11-01 10:00:00\n+++ b/x.c\t2026-11-02 10:00:00\n", "x.c"),
        ("--- /srv/x.c\n+++ /srv/x.c\n", "/srv/x.c"),
        ("--- /dev/null\n+++ b/new.c\n", "new.c"),
        ("--- a/b/c.txt\n+++ b/b/c.txt\n", "b/c.txt"),
        ("--- old.txt\n+++ new.txt\n", "new.txt"),
    ],
)
def test_paths_lose_the_prefixes_times_and_quotes_of_the_format(header, path):
    assert read_diff(header + "@@ -1 +1 @@\n-a\n+b\n").files[0].path == path


def test_a_long_diff_says_how_many_lines_it_leaves_out_and_counts_them_all():
    diff = write_diff("big.txt", "line\n" * 5_000)

    (file,) = read_diff(diff, limit=100)

    assert (file.added, file.more, file.more_text) == (5_000, 4_901, "4,901 more lines")
    assert len(shown([file])) == 99


def test_a_line_without_end_is_capped_with_a_note():
    (file,) = read_diff(write_diff("min.js", "x" * 10_000))

    assert file.hunks[0].lines[0].text.endswith("\n… 8,000 more characters")


def test_a_mode_change_is_noted():
    (file,) = read_diff("diff --git a/run b/run\nold mode 100644\nnew mode 100755\n")

    assert (file.path, file.notes) == ("run", ("old mode 100644", "new mode 100755"))


def test_thousands_of_files_stay_bounded():
    files = read_diff(
        "".join(f"diff --git a/{n} b/{n}\n--- a/{n}\n+++ b/{n}\n@@ -1 +1 @@\n-a\n+b\n" for n in range(900))
    )

    assert len(files) == 500
    assert (files.added, files.removed) == (900, 900)
    assert files.more > 0


def test_an_edit_becomes_a_diff_that_reads_back():
    (file,) = read_diff(edit_diff("/srv/ana/shop/cart.py", "a\nb\nc\n", "a\nB\nc\n"))

    assert (file.path, file.added, file.removed) == ("/srv/ana/shop/cart.py", 1, 1)
    assert [(line.kind, line.text) for line in file.hunks[0].lines] == [
        ("same", "a"),
        ("removed", "b"),
        ("added", "B"),
        ("same", "c"),
    ]
    assert "counted within this edit" in file.hunks[0].header


def test_several_edits_are_hunks_of_one_file():
    (file,) = read_diff(edits_diff("x.py", [("a", "b"), ("c", "d")]))

    assert [len(hunk.lines) for hunk in file.hunks] == [2, 2]


def test_an_edit_that_changes_nothing_has_no_diff():
    assert edit_diff("x", "same", "same") == ""
    assert write_diff("x", "") == ""


def test_a_huge_edit_is_shown_as_all_old_then_all_new():
    old = "\n".join(f"old {n}" for n in range(3_000))

    (file,) = read_diff(edit_diff("x", old, "new"))

    assert (file.added, file.removed) == (1, 3_000)


def test_a_path_cannot_break_out_of_its_header():
    (file,) = read_diff(write_diff("x\n+++ b/harmless.txt", "hello\n"))

    assert file.path == "x\\n+++ b/harmless.txt"


def test_whatever_it_is_given_no_line_is_lost_and_nothing_raises():
    chance = random.Random(7)
    pieces = ["diff --git a/x b/x", "--- a/x", "+++ b/x", "@@ -1,3 +1,3 @@", "@@ -0,0 +9", "+more", "-less", " same"]
    pieces += ["\\ No newline at end of file", "", 'diff --git "a/\\', "Binary files a and b differ", "\x00\ud800"]
    for _ in range(2_000):
        lines = [chance.choice(pieces) for _ in range(chance.randrange(12))]
        files = read_diff("\n".join(lines))
        seen = shown(files)
        for line in ("more", "less", "same"):
            assert sum(text.lstrip("+- ") == line for text in seen) == sum(item[1:] == line for item in lines)
