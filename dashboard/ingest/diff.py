"""Unified diffs: read for display, and made from the edits that an agent asks for.

Reading never fails and never loses a line: what is no diff comes back as text, because a person decides on it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import unified_diff
from itertools import pairwise

from dashboard.ingest.text import capped, visible

LINES_SHOWN = 2_000
LINE_LENGTH = 2_000
FILES_SHOWN = 500
NOTES_SHOWN = 20
COMPARED_LINES = 800  # difflib is quadratic: a longer change is shown as all old, then all new

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_OCTAL = re.compile(r"\\([0-7]{3}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_NOTES = ("index ", "old mode ", "new mode ", "similarity index ", "dissimilarity index ", "copy from ", "copy to ")
_CHANGES = {
    "new file mode ": "new",
    "deleted file mode ": "deleted",
    "rename from ": "renamed",
    "rename to ": "renamed",
    "Binary files ": "binary",
    "GIT binary patch": "binary",
}
_KINDS = {"+": "added", "-": "removed", " ": "same", "\\": "note", "": "same"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a hunk; `kind` is same, added, removed or note, the numbers are those of the two sides."""

    kind: str
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    header: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class File:
    """What happens to one file. The counts are of the whole diff, also of the `more` lines that are not in `hunks`."""

    path: str
    added: int
    removed: int
    hunks: tuple[Hunk, ...]
    old_path: str = ""
    change: str = "changed"  # changed, new, deleted, renamed, binary, or raw: no diff at all
    notes: tuple[str, ...] = ()  # modes, renames: headers that a reader wants to know
    more: int = 0

    @property
    def more_text(self) -> str:
        if not self.more:
            return ""
        return f"{self.more:,} more line{'' if self.more == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Files:
    """A whole diff, file by file."""

    files: tuple[File, ...]

    def __iter__(self) -> Iterator[File]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    @property
    def added(self) -> int:
        return sum(file.added for file in self.files)

    @property
    def removed(self) -> int:
        return sum(file.removed for file in self.files)

    @property
    def more(self) -> int:
        return sum(file.more for file in self.files)


def edit_diff(path: str, old: str, new: str, *, section: str = "counted within this edit") -> str:
    """A replacement of `old` by `new` as a unified diff; the file and its line numbers are not known here."""
    hunks = _hunks(_lines(old), _lines(new), section)
    return _header(path) + hunks if hunks else ""


def edits_diff(path: str, edits: Iterable[tuple[str, str]], *, section: str = "counted within this edit") -> str:
    """Several replacements in one file, one after the other."""
    hunks = "".join(_hunks(_lines(old), _lines(new), section) for old, new in edits)
    return _header(path) + hunks if hunks else ""


def write_diff(path: str, content: str, *, section: str = "the whole file") -> str:
    """A file written from end to end: whether it existed, and what it held, is not known here."""
    return edit_diff(path, "", content, section=section)


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _header(path: str) -> str:
    """The `---` and `+++` lines; a path with hidden characters cannot break out of them."""
    name = visible(path, keep="")
    return f"--- {name}\n+++ {name}\n" if name.startswith("/") else f"--- a/{name}\n+++ b/{name}\n"


def _hunks(old: list[str], new: list[str], section: str) -> str:
    if max(len(old), len(new)) <= COMPARED_LINES:
        lines = list(unified_diff(old, new, lineterm=""))[2:]
    elif old == new:
        lines = []
    else:
        lines = [f"@@ -{min(len(old), 1)},{len(old)} +{min(len(new), 1)},{len(new)} @@"]
        lines += [f"-{line}" for line in old] + [f"+{line}" for line in new]
    return "".join(f"{line} {section}\n" if _HUNK.match(line) else f"{line}\n" for line in lines)


def read_diff(text: str, *, limit: int = LINES_SHOWN) -> Files:
    """Every file of a unified diff, with at most `limit` lines in all; anything else is one raw file."""
    if not text:
        return Files(())
    lines = text.removesuffix("\n").split("\n")
    reader = _Reader(limit)
    for line, following in pairwise([*lines, ""]):
        reader.take(line, following)
    return Files(reader.finish())


@dataclass(slots=True)
class _Draft:
    """A file while its lines are still being read."""

    old_path: str = ""
    new_path: str = ""
    change: str = ""
    sides: bool = False  # the --- and +++ lines were seen
    notes: list[str] = field(default_factory=list)
    hunks: list[tuple[str, list[Line]]] = field(default_factory=list)
    added: int = 0
    removed: int = 0
    more: int = 0

    def finished(self) -> File:
        old, new = _without_prefixes(self.old_path, self.new_path)
        gone = new in ("", "/dev/null")
        change = self.change or ("deleted" if new == "/dev/null" else "new" if old == "/dev/null" else "changed")
        hunks = tuple(Hunk(header, tuple(lines)) for header, lines in self.hunks)
        old_path = old if change == "renamed" else ""
        path = old if gone else new
        return File(path, self.added, self.removed, hunks, old_path, change, tuple(self.notes), self.more)


class _Reader:
    """Takes a diff line by line; inside a hunk it trusts the counts of the header, so that `--- x` may be content."""

    def __init__(self, limit: int) -> None:
        self.room = limit
        self.drafts: list[_Draft] = []
        self.old = self.new = 0  # the next line numbers
        self.old_left = self.new_left = 0  # what the hunk's header promised
        self.skipped = False  # a file beyond FILES_SHOWN began

    def take(self, line: str, following: str) -> None:
        if (self.old_left or self.new_left) and line[:1] in _KINDS:
            self.content(line)
        elif line.startswith("diff --git ") or (line.startswith("--- ") and following.startswith("+++ ")):
            self.open_file(line)
        elif self.skipped and line.startswith("+++ "):
            self.skipped = False
        elif self.drafts and not self.drafts[-1].hunks and self.header(line):
            pass
        elif found := _HUNK.match(line):
            self.open_hunk(line, found)
        else:
            self.content(line)

    def open_file(self, line: str) -> None:
        self.old_left = self.new_left = 0
        waiting = self.drafts and not self.drafts[-1].sides and not self.drafts[-1].hunks
        if len(self.drafts) >= FILES_SHOWN:
            self.room, self.skipped = 0, True
            self.drafts[-1].more += 1
        elif line.startswith("diff --git "):
            old, new = _git_paths(line.removeprefix("diff --git "))
            self.drafts.append(_Draft(old, new))
        else:
            if not waiting:
                self.drafts.append(_Draft())
            self.drafts[-1].old_path = _path(line[4:])

    def header(self, line: str) -> bool:
        draft = self.drafts[-1]
        if line.startswith("+++ ") and not draft.sides:
            draft.new_path, draft.sides = _path(line[4:]), True
            return True
        changes = [change for start, change in _CHANGES.items() if line.startswith(start)]
        if draft.change == "raw" or len(draft.notes) >= NOTES_SHOWN or not (changes or line.startswith(_NOTES)):
            return False
        draft.change = changes[0] if changes else draft.change
        draft.notes.append(capped(line, LINE_LENGTH))
        return True

    def open_hunk(self, line: str, found: re.Match[str]) -> None:
        if not self.drafts or self.drafts[-1].change == "raw":
            self.drafts.append(_Draft())
        self.old, self.new = int(found[1]), int(found[3])
        self.old_left, self.new_left = int(found[2] or 1), int(found[4] or 1)
        if self.room > 0 or not self.drafts[-1].hunks:
            self.room -= 1
            self.drafts[-1].hunks.append((capped(line, LINE_LENGTH), []))
        else:
            self.drafts[-1].more += 1

    def content(self, line: str) -> None:
        if not self.drafts:
            self.drafts.append(_Draft(change="raw"))
        draft = self.drafts[-1]
        if not draft.hunks:
            draft.hunks.append(("", []))
            self.old_left = self.new_left = 0
        diff = draft.change != "raw"
        kind = _KINDS.get(line[:1], "note") if diff else "same"
        text = line[1:] if diff and line[:1] in ("+", "-", " ") else line
        self.add(draft, kind, text)

    def add(self, draft: _Draft, kind: str, text: str) -> None:
        old = self.old if kind in ("same", "removed") and draft.change != "raw" else None
        new = self.new if kind in ("same", "added") and draft.change != "raw" else None
        if old is not None:
            self.old, self.old_left = self.old + 1, max(self.old_left - 1, 0)
        if new is not None:
            self.new, self.new_left = self.new + 1, max(self.new_left - 1, 0)
        draft.added += kind == "added"
        draft.removed += kind == "removed"
        if self.room > 0:
            self.room -= 1
            draft.hunks[-1][1].append(Line(kind, old, new, capped(text, LINE_LENGTH)))
        else:
            draft.more += 1

    def finish(self) -> tuple[File, ...]:
        return tuple(draft.finished() for draft in self.drafts)


def _path(text: str) -> str:
    """The path of a `---` or `+++` line: without time, without git's quotes."""
    text = text.removesuffix("\r")
    if text.startswith('"') and text.rstrip().endswith('"') and len(text.rstrip()) > 1:
        return _unquoted(text.rstrip()[1:-1])
    return text.split("\t", 1)[0]


def _unquoted(text: str) -> str:
    """A path that git wrote with C escapes, its bytes as octal numbers."""

    def plain(found: re.Match[str]) -> str:
        word = found[1]
        return chr(int(word, 8) & 0xFF) if len(word) == 3 else _ESCAPES.get(word, word)

    parts = [_OCTAL.sub(plain, text)] if "\\" in text else [text]
    try:
        return parts[0].encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return parts[0]


def _git_paths(text: str) -> tuple[str, str]:
    """Both paths of a `diff --git` line; without quotes they are only clear when they are the same."""
    if text.startswith('"'):
        words = re.findall(r'"((?:[^"\\]|\\.)*+)"', text)
        return (_unquoted(words[0]), _unquoted(words[-1])) if words else (text, text)
    half = len(text) // 2
    if text[half : half + 1] == " " and text[:half][2:] == text[half + 1 :][2:]:
        return text[:half], text[half + 1 :]
    old, middle, new = text.partition(" b/")
    return (old, f"b/{new}") if middle else (text, text)


def _without_prefixes(old: str, new: str) -> tuple[str, str]:
    """Git's `a/` and `b/` taken off, where both sides agree that they are prefixes."""
    if old.startswith("a/") or old in ("/dev/null", ""):
        new = new.removeprefix("b/") if new.startswith("b/") else new
    if new == "/dev/null" or not new.startswith("a/"):
        old = old.removeprefix("a/") if old.startswith("a/") else old
    return old, new
