"""Secrets are cut out before anything is stored: keys, tokens, passwords in assignments, flags, headers and URLs.

Careful in both directions. A commit hash, a uuid or `max_tokens: 100` stays. And what is cut must not hide what a
command does: a rule takes one word or one quoted text, never one with a substitution in it, never beyond an operator.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard.ingest.text import storable

REDACTED = "[redacted]"

# What stands beside a sign: a name before a colon, an equals sign or after two dashes; an address; a key's first line.
_HINTS = (
    *("password", "passwd", "passphrase", "passcode", "pgpass", "pwd", "secret", "token", "credential", "key"),
    *("authorization", "://", "-----begin"),
)
_SHORTEST = 15
"""No secret that is known by its own form has fewer characters."""
_LONG_WORD = re.compile(rf"\S{{{_SHORTEST}}}")


@dataclass(frozen=True, slots=True)
class Redacted:
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of secret: the group `secret` of the pattern is cut, unless `kept` says that it is none."""

    name: str
    pattern: re.Pattern[str]
    kept: Callable[[re.Match[str]], bool] = lambda _: False


def redact(text: str) -> Redacted:
    """The text without its secrets, and how many there were."""
    if holds_nothing(text):
        return Redacted(text, 0)
    count = 0
    for rule in RULES:
        text, found = _cut(rule, text)
        count += found
    return Redacted(text, count)


def holds_nothing(text: str) -> bool:
    """Whether no rule can find anything in it, told twenty times faster than by asking the rules.

    All that they find is a long word, or stands beside one of the hints.
    """
    if len(text) < _SHORTEST and text.isalpha():
        return True
    small = text.casefold()
    if "bearer" in small or "curl" in small or "sshpass" in small or _LONG_WORD.search(text):
        return False
    if "=" in text or ":" in text or "--" in text:
        return not any(hint in small for hint in _HINTS)
    return True


def safe(text: str) -> str:
    """What may be kept of a short text for which nobody counts the secrets: a state, a title, a reason."""
    text = storable(text)
    return text if holds_nothing(text) else redact(text).text


def redact_json(value: Any) -> tuple[Any, int]:
    """The same JSON value with redacted texts; under a key such as `api_key` a whole text is a secret."""
    if isinstance(value, str):
        clean = redact(value)
        return clean.text, clean.count
    if isinstance(value, dict):
        pairs = {key: _under(str(key), item) for key, item in value.items()}
        return {key: item for key, (item, _) in pairs.items()}, sum(count for _, count in pairs.values())
    if isinstance(value, list | tuple):
        items = [redact_json(item) for item in value]
        return [item for item, _ in items], sum(count for _, count in items)
    return value, 0


def _under(key: str, item: Any) -> tuple[Any, int]:
    if isinstance(item, str) and _SECRET_NAME.search(key) and item.lower() not in _SAYS_NOTHING | {"", REDACTED}:
        return REDACTED, 1
    return redact_json(item)


def _cut(rule: Rule, text: str) -> tuple[str, int]:
    pieces, start = [], 0
    for found in rule.pattern.finditer(text):
        if not rule.kept(found):
            pieces.append(text[start : found.start("secret")])
            start = found.end("secret")
    return REDACTED.join([*pieces, text[start:]]), len(pieces)


# One word of a shell: no blank, quote, operator, variable or substitution.
_WORD = r"[^\s\"'`$;|&<>(){}\[\],\\]"

_NAME = (
    r"(?P<name>pass(?:word|wd|phrase|code)|secret(?:[_-]?(?:access[_-]?)?key)?|token|credentials?"
    r"|(?:api|access|private|signing|encryption|account|master|auth|storage)[_-]?key|(?<![a-z0-9])(?:pwd|pgpass))"
)
_QUOTED = (
    r"(?P<quote>\\{0,3}[\"'])"
    r"(?P<secret>(?<=\")(?:[^\"\\\n]|\\[^\"\n])*+|(?<=')(?:[^'\\\n]|\\[^'\n])*+)"
    r"(?P=quote)"
)
_BREAK = r"(?:\s|\\[nr]|[\"'+,]|(?<=\n)-){0,8}"

_SAYS_NOTHING = frozenset(
    {"none", "null", "nil", "true", "false", "undefined", "yes", "no", "on", "off", "any", "optional", "required"}
    | {"string", "str", "text", "int", "integer", "number", "bool", "boolean", "bytes"}
    | {"password", "passwd", "secret", "token"}
)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_SECRET_NAME = re.compile(_NAME + r"$", re.IGNORECASE)
_RUNNABLE = re.compile(r"\s-|\s[./~]|[;|&<>`]|\$[({]")


def _is_code(found: re.Match[str]) -> bool:
    """A word, a type, a call or another name on the right-hand side is a program, not a secret."""
    value, after = found["secret"], found.string[found.end("secret") : found.end("secret") + 1]
    if value.lower() in _SAYS_NOTHING or after in ("(", "["):
        return True
    is_name = _IDENTIFIER.fullmatch(value) and _SECRET_NAME.search(value)
    return bool(is_name) and not found["name"].isupper()


def _is_code_or_path(found: re.Match[str]) -> bool:
    return _is_code(found) or (found["name"].lower() == "pwd" and found["secret"].startswith(("/", ".", "~")))


def _looks_harmless(found: re.Match[str]) -> bool:
    """After a colon or a spaced sign stands a secret only if it looks like one: prose and code have those too."""
    value = found["secret"]
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    odd = any(c in "!@#%^*+=~?" for c in value)
    return _is_code_or_path(found) or len(value) < 6 or not (mixed or odd) or value.startswith(("/", "./", "~/"))


def _is_runnable(found: re.Match[str]) -> bool:
    """What could be run as a command is shown, whatever the variable is called."""
    value = found["secret"]
    return value in ("", REDACTED) or value.lower() in _SAYS_NOTHING or bool(_RUNNABLE.search(value))


def _is_scheme(found: re.Match[str]) -> bool:
    return found["secret"].lower() in ("bearer", "basic", "digest", "token") or found["secret"].startswith("%")


def _is_user_id(found: re.Match[str]) -> bool:
    return found["secret"].isdigit()


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts))


RULES = (
    Rule(
        "private key",
        _pattern(
            r"(?P<secret>-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
            _BREAK.join(["", r"[A-Za-z-]{3,20}: [A-Za-z0-9,. -]{1,80}"]).join(["(?:", "){0,4}"]),
            f"(?:{_BREAK}[A-Za-z0-9+/=]{{40,}}+)++",
            f"(?:{_BREAK}[A-Za-z0-9+/=]{{1,39}})?+",
            f"(?:{_BREAK}-----END (?:[A-Z0-9]{{1,12}} ){{0,3}}PRIVATE KEY(?: BLOCK)?-----)?)",
        ),
    ),
    Rule(
        "known token",
        _pattern(
            r"(?<![A-Za-z0-9])(?P<secret>sk-(?=[A-Za-z_-]{0,80}[0-9])[A-Za-z0-9_-]{20,}+",
            r"|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}+|whsec_[A-Za-z0-9+/=]{16,}+",
            r"|gh[opsur]_[A-Za-z0-9]{30,}+|github_pat_[A-Za-z0-9_]{22,}+|glpat-[A-Za-z0-9_-]{20,}+",
            r"|xox[abeoprs]-[A-Za-z0-9-]{10,}+|xapp-[A-Za-z0-9-]{10,}+|(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])",
            r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}+|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}+",
            r"|hf_[A-Za-z0-9]{30,}+|SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}|AGE-SECRET-KEY-1[0-9A-Z]{40,}+",
            r"|dop_v1_[a-f0-9]{64}|ppt_[A-Za-z0-9_-]{30,}+",
            r"|eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]*+)",
        ),
    ),
    Rule("webhook", _pattern(r"hooks\.slack\.com/services/(?P<secret>[A-Z0-9]{5,}/[A-Z0-9]{5,}/[A-Za-z0-9]{10,}+)")),
    Rule(
        "header",
        _pattern(
            r"(?i:authorization|x-api-key|x-auth-token|x-access-token|private-token)",
            r"\\{0,3}[\"']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,3}[\"']?(?i:(?:bearer|basic|token|digest)[ \t]{1,4})?",
            f"(?P<secret>{_WORD}{{6,}}+)",
        ),
        kept=_is_scheme,
    ),
    Rule("bearer", _pattern(r"\b[Bb]earer[ \t]{1,4}(?P<secret>(?=[A-Za-z._~+/-]{0,80}[0-9])[\w.~+/=-]{16,}+)")),
    Rule("address", _pattern(r"://[^\s:/@\"'`]{0,100}:(?P<secret>[^\s\"'`$;|&<>()\[\]/@]{1,300})@")),
    Rule(
        "curl user",
        _pattern(rf"\bcurl\b[^\n;|&]{{0,400}}?\s(?:-u|--user)[ =]?[\"']?[^\s:\"'`$]{{1,100}}:(?P<secret>{_WORD}++)"),
        kept=_is_user_id,
    ),
    Rule("sshpass", _pattern(rf"\bsshpass[ \t]{{1,8}}-p[ \t]{{0,8}}[\"']?(?P<secret>{_WORD}++)")),
    Rule(
        "flag",
        _pattern(rf"(?i)--(?:[a-z0-9]{{1,20}}-){{0,3}}{_NAME}[ \t]{{1,8}}(?P<secret>(?!-){_WORD}++)"),
        kept=lambda found: found["secret"].startswith(("/", "./", "~/")),
    ),
    Rule(
        "quoted flag",
        _pattern(rf"(?i)--(?:[a-z0-9]{{1,20}}-){{0,3}}{_NAME}[ \t]{{1,8}}{_QUOTED}"),
        kept=_is_runnable,
    ),
    Rule(
        "quoted assignment",
        _pattern(rf"(?i){_NAME}(?:\\{{0,3}}[\"'])?[ \t]{{0,8}}(?::=|=>|[:=])[ \t]{{0,8}}{_QUOTED}"),
        kept=_is_runnable,
    ),
    Rule("assignment", _pattern(rf"(?i){_NAME}=(?P<secret>{_WORD}++)"), kept=_is_code_or_path),
    Rule(
        "value",
        _pattern(rf"(?i){_NAME}(?:\\{{0,3}}[\"'])?[ \t]{{0,8}}(?::=|=>|[:=])[ \t]{{0,8}}(?P<secret>{_WORD}++)"),
        kept=_looks_harmless,
    ),
)
