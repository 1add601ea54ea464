"""JSON files of other people, changed in one place: everything else keeps its order, spacing and spelling.

Pure: text in, text out. A value is found by its path (keys and positions); what is added takes over the file's
indentation; adding and then dropping gives back the text as it was.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Path = Sequence[str | int]

BLANK = re.compile(r"[ \t\r\n]*")
STRICT = json.JSONDecoder()
SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")


class NotJsonError(ValueError):
    """The text is no JSON, or none that can be changed safely; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands. `parts` are the members or items: key, where its text begins, its value."""

    start: int
    end: int
    value: Any
    parts: tuple[tuple[str | int, int, "Node"], ...] = field(default=(), repr=False)

    def at(self, path: Path) -> "Node | None":
        found: Node | None = self
        for key in path:
            found = next((part for name, _, part in found.parts if name == key), None) if found else None
        return found


def parse(text: str) -> Node:
    """Read a whole text. Raise NotJsonError with line and column, also for a key that stands twice in one object."""
    try:
        node = _value(text, _skip(text, 0))
    except RecursionError:
        raise NotJsonError("It is nested too deeply.") from None
    if (rest := _skip(text, node.end)) != len(text):
        raise _error(text, rest, "something after the end")
    return node


def put(text: str, path: Path, value: Any) -> str:
    """Set the member that `path` names, in place or as the last of its object; objects on the way are made."""
    root = parse(text)
    for depth in range(1, len(path) + 1):
        found = root.at(path[:depth])
        if found is None:
            for key in reversed(path[depth:]):
                value = {key: value}
            return _insert(text, _whole(root.at(path[: depth - 1])), json.dumps(path[depth - 1]) + ": ", value)
    node = _whole(root.at(path))
    return text[: node.start] + _written(text, node.start, value) + text[node.end :]


def add(text: str, path: Path, item: Any) -> str:
    """Add an item to the end of the list that `path` names; the list is made if there is none."""
    node = parse(text).at(path)
    return put(text, path, [item]) if node is None else _insert(text, node, "", item)


def drop(text: str, path: Path) -> str:
    """Take out the member or item that `path` names, with its comma."""
    parent = _whole(parse(text).at(path[:-1]))
    names = [name for name, _, _ in parent.parts]
    here = names.index(path[-1])
    if len(names) == 1:
        return text[: parent.start + 1] + text[parent.end - 1 :]
    if here == len(names) - 1:
        return text[: parent.parts[here - 1][2].end] + text[parent.parts[here][2].end :]
    return text[: parent.parts[here][1]] + text[parent.parts[here + 1][1] :]


def _insert(text: str, parent: Node, prefix: str, value: Any) -> str:
    """Put a last part into an object or a list."""
    if not parent.parts:
        inner, newline = _indent(text, parent.start) + _step(text), _newline(text)
        added = f"{newline}{inner}{prefix}{_written(text, parent.start, value, inner)}{newline}"
        return text[: parent.start + 1] + added + _indent(text, parent.start) + text[parent.end - 1 :]
    first, last = parent.parts[0][1], parent.parts[-1][2].end
    before = text[:first].rpartition("\n")[2]
    if before.strip() or "\n" not in text[parent.start : first]:  # all on one line
        added = f", {prefix}{json.dumps(value, ensure_ascii=False)}"
    else:
        added = f",{_newline(text)}{before}{prefix}{_written(text, first, value, before)}"
    return text[:last] + added + text[last:]


def _written(text: str, where: int, value: Any, indent: str | None = None) -> str:
    indent = _indent(text, where) if indent is None else indent
    lines = json.dumps(value, ensure_ascii=False, indent=_step(text)).split("\n")
    return f"{_newline(text)}{indent}".join(lines)


def _indent(text: str, where: int) -> str:
    """The indentation of the line in which `where` stands."""
    line = text[:where].rpartition("\n")[2]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _step(text: str) -> str:
    found = re.search(r"^[ \t]+(?=\S)", text, re.MULTILINE)
    return found.group() if found else "  "


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _whole(node: Node | None) -> Node:
    if node is None:
        raise KeyError("no such path")
    return node


def _value(text: str, at: int) -> Node:
    opening = text[at : at + 1]
    if opening == '"':
        value, end = _string(text, at)
        return Node(at, end, value)
    if opening == "{":
        return _parts(text, at, "}", _member)
    if opening == "[":
        return _parts(text, at, "]", lambda text, at, count: (count, _value(text, at)))
    scalar = SCALAR.match(text, at)
    if scalar is None:
        raise _error(text, at, "a value is missing here")
    return Node(at, scalar.end(), json.loads(scalar.group()))


def _parts(text: str, at: int, closing: str, read: Callable[[str, int, int], tuple[str | int, Node]]) -> Node:
    parts: list[tuple[str | int, int, Node]] = []
    here = _skip(text, at + 1)
    while text[here : here + 1] != closing or parts:
        name, node = read(text, here, len(parts))
        if any(name == other for other, _, _ in parts):
            raise _error(text, here, f"{name!r} stands here twice")
        parts.append((name, here, node))
        here = _skip(text, node.end)
        if text[here : here + 1] == closing:
            break
        if text[here : here + 1] != ",":
            raise _error(text, here, f"a comma or {closing} is missing here")
        here = _skip(text, here + 1)
    values = [part.value for _, _, part in parts]
    value = values if closing == "]" else dict(zip((name for name, _, _ in parts), values, strict=True))
    return Node(at, here + 1, value, tuple(parts))


def _member(text: str, at: int, _: int) -> tuple[str, Node]:
    if text[at : at + 1] != '"':
        raise _error(text, at, "a key in quotes is missing here")
    name, end = _string(text, at)
    colon = _skip(text, end)
    if text[colon : colon + 1] != ":":
        raise _error(text, colon, "a colon is missing here")
    return name, _value(text, _skip(text, colon + 1))


def _string(text: str, at: int) -> tuple[str, int]:
    try:
        found: tuple[str, int] = STRICT.raw_decode(text, at)
    except json.JSONDecodeError as trouble:
        raise _error(text, trouble.pos, "a text is not closed or not escaped") from None
    return found


def _skip(text: str, at: int) -> int:
    found = BLANK.match(text, at)
    return found.end() if found else at


def _error(text: str, at: int, what: str) -> NotJsonError:
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return NotJsonError(f"line {line}, column {column}: {what}")
