"""What a program makes of its words: the scripts among them, the program it starts, the files it writes."""

import re
from collections.abc import Callable, Sequence

from dashboard.ingest import risk_rules as table

Words = Sequence[str]

_SHORT_C = re.compile(r"-\w*c\w*|--command")
_CONTAINER_C = re.compile(r"-\w*c|--command|--run")
_REMOTE = re.compile(r"[\w.@-]{2,}:")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def texts(words: Words) -> list[str]:
    """The scripts among the words of a program."""
    given = TEXTS.get(words[0])
    return given(words[1:]) if given else []


def started(words: Words) -> list[str]:
    """The words of the program that this one is told to start."""
    name, rest = words[0], words[1:]
    if given := _STARTS.get(name):
        return given(rest)
    if name.startswith(("python", "pypy")):
        return list(rest[1:]) if rest[:1] == ["-m"] else list(rest) if rest[:1] == ["manage.py"] else []
    if name not in table.WRAPPERS or (name == "command" and rest[:1] and rest[0] in ("-v", "-V")):
        return []
    inner = table.after_options(rest, *table.WRAPPERS[name])
    while name in ("env", "sudo", "doas") and inner and _ASSIGNMENT.match(inner[0]):
        inner = inner[1:]
    return [] if inner[:1] == ["-c"] else inner  # a script, see `texts`


def written(words: Words) -> list[str]:
    """The files that a program is told to write, move or delete."""
    name, rest = words[0], table.plain(words)
    found = _option_values(words, table.WRITES_OPTION.get(name, ""))
    if name in table.WRITES_ALL:
        found += rest
    elif name in table.WRITES_LAST and len(rest) > 1:
        found += [word for word in rest[-1:] if not _REMOTE.match(word)]
    elif name in table.WRITES_REST:
        found += rest[1:]
    elif name == "dd":
        found += [word[3:] for word in rest if word.startswith("of=")]
    elif name in ("sed", "gsed", "perl") and table.has_flag(words, "i in-place"):
        found += rest[1:]
    return found


def without_git_options(words: list[str]) -> list[str]:
    """`git -C folder -c name=value push` is a push; the values stay, at the end, for the table to see."""
    if words[0] != "git":
        return words
    rest, moved = words[1:], []
    while rest and rest[0].startswith("-"):
        taken = 2 if rest[0] in ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path") else 1
        moved += rest[1:2] if rest[0] == "-c" else []
        rest = rest[taken:]
    return ["git", *rest, *moved]


def _after_mark(*marks: str) -> Callable[[Words], list[str]]:
    def cut(rest: Words) -> list[str]:
        at = next((n for n, word in enumerate(rest) if word in marks), None)
        return [] if at is None else list(rest[at + 1 :])

    return cut


def _as_text(cut: Callable[[Words], list[str]]) -> Callable[[Words], list[str]]:
    return lambda rest: [text] if (text := " ".join(cut(rest))) else []


def _value_of(option: re.Pattern[str]) -> Callable[[Words], list[str]]:
    return lambda rest: [rest[n + 1] for n, word in enumerate(rest[:-1]) if option.fullmatch(word)][:1]


def _find_exec(rest: Words) -> list[str]:
    inner = _after_mark("-exec", "-execdir", "-ok", "-okdir")(rest)
    return [word for word in inner if word not in (";", "+")]


def _after_double_dash(rest: Words) -> list[str]:
    return _after_mark("--")(rest) if "exec" in rest or "--" in rest[:1] else []


def _option_values(words: Words, options: str) -> list[str]:
    found: list[str] = []
    for n, word in enumerate(words[1:], start=1):
        for option in options.split():
            dashed = f"-{option}" if len(option) == 1 else f"--{option}"
            if word == dashed:
                found += words[n + 1 : n + 2]
            elif word.startswith(dashed + "="):
                found.append(word[len(dashed) + 1 :])
            elif len(option) == 1 and word.startswith(dashed):
                found.append(word[2:])
    return found


GIT_MARKS = {"submodule": ("foreach",), "rebase": ("--exec", "-x")}

TEXTS: dict[str, Callable[[Words], list[str]]] = {
    **dict.fromkeys([*table.SHELLS, "su", "runuser", "flock", "script"], _value_of(_SHORT_C)),
    **dict.fromkeys(
        ["docker", "podman", "nerdctl", "kubectl", "oc", "lxc", "nix-shell", "vagrant"], _value_of(_CONTAINER_C)
    ),
    "eval": _as_text(list),
    "watch": _as_text(table.after_options),
    "parallel": _as_text(table.after_options),
    "tmux": _as_text(table.after_options),
    "ssh": _as_text(lambda rest: table.after_options(rest, table.SSH_OPTIONS, 1)),
    "env": _as_text(_after_mark("-S", "--split-string")),
    "git": _as_text(lambda rest: _after_mark(*GIT_MARKS.get(rest[0] if rest else "", ()))(rest)),
    "trap": lambda rest: list(rest[:1]),
    "alias": lambda rest: [word.partition("=")[2] for word in rest],
}

_STARTS: dict[str, Callable[[Words], list[str]]] = {
    "find": _find_exec,
    **dict.fromkeys(["fd", "fdfind"], _after_mark("-x", "-X", "--exec", "--exec-batch")),
    **dict.fromkeys(table.RUNNERS, lambda rest: table.after_options(_after_mark("run", "exec", "--")(rest))),
    **dict.fromkeys(["kubectl", "oc", "docker", "podman", "nerdctl", "npm"], _after_double_dash),
    "git": lambda rest: list(rest[2:]) if list(rest[:2]) == ["bisect", "run"] else [],
}
