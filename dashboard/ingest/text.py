"""Foreign text made harmless: what an agent wrote can be shown and stored, and hides nothing.

`visible` is for what a person decides on (commands, paths, diffs): nothing is dropped, all that a screen would
swallow is spelled out. `without_ansi` is for output and logs, where colours are noise. `storable` is for the database.
"""

import re
import unicodedata
from typing import Any

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*+(?:\x07|\x1b\\|\x9c)"  # OSC: titles, links, clipboard
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c\n]*+(?:\x1b\\|\x9c)"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*+[0-OQ-WYZ\\`-~]"  # two-byte sequences
)

_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # control characters
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # fillers, soft hyphen, Arabic letter mark
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, bidi overrides and isolates
    "\u2800\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"  # blanks that are letters, byte order mark
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # invisible music, tags, variation selectors
    "\ud800-\udfff"  # surrogates without their half
    "]"
)

_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"[^\W_]+")
_BLANKS = re.compile(r"[^\S\x1c-\x1f\x85]+")


def visible(text: str, *, keep: str = "\n\t", limit: int | None = None) -> str:
    r"""The same text with every hidden character spelled as `\x1b` or `\u202e`; newline and tab stay as they are."""
    text = _HIDDEN.sub(lambda found: _spelled(found[0], keep), text.replace("\r\n", "\n"))
    return text if limit is None else capped(text, limit)


def without_ansi(text: str, *, limit: int | None = None) -> str:
    """Output of a program without its colours and cursor movements; what else is hidden is spelled out."""
    return visible(_ANSI.sub("", text), limit=limit)


def one_line(text: str, limit: int = 120) -> str:
    """The text on one line: runs of blanks become one space, the end is cut with an ellipsis."""
    head = _BLANKS.sub(" ", text[: max(limit, 1) * 8]).strip()
    line = visible(head, keep="")
    whole = len(line) <= limit and len(text) <= max(limit, 1) * 8
    return line if whole else line[: max(limit - 1, 0)].rstrip() + "…"


def capped(text: str, limit: int) -> str:
    """At most `limit` characters, and a note that says how many are missing."""
    missing = len(text) - limit
    return text if missing <= 0 else f"{text[:limit]}\n… {missing:,} more characters"


def storable(text: str) -> str:
    """Text that every database takes: PostgreSQL refuses NUL, and UTF-8 has no surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    return _SURROGATE.sub("\ufffd", text.replace("\0", "␀"))


def words(text: str) -> list[str]:
    """The words of a text as they are looked for: letters and digits alone, whichever way they are written."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def storable_json(value: Any) -> Any:
    """The same JSON value with every text in it, keys too, made storable."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(item) for item in value]
    return value


def _spelled(character: str, keep: str) -> str:
    if character in keep:
        return character
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
