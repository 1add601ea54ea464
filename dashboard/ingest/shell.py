"""A shell line taken apart: which programs it would start, with which words, files and inputs.

Reads what bash reads (quotes, substitutions, pipes, here-documents), runs nothing, and touches each character once.
A word keeps `$name` where only the shell knows the value, and `$()` where a substitution stood.
"""

import re
from dataclasses import dataclass, field

DEPTH = 24

_PLAIN = re.compile(r"[^\s'\"\\$`;|&<>()]+")
_REDIRECT = re.compile(r"(?:\d{1,3}|&)?(?:>>|>\||>&|<<<|<<-|<<|<>|<&|>|<)")
_NAME = re.compile(r"\$(?:\{(!?\w+)\}|(\w+)|([@*#?$!-]))")
_IN_DOUBLE = re.compile(r"[^\"\\$`]+")
_BRACES = re.compile(r"\{[^{}\s]*,[^{}\s]*\}")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "e": "\x1b", "E": "\x1b", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Unreadable(Exception):  # noqa: N818 - a property of the text, not a failure
    """The text is no complete shell script; the message says why."""


@dataclass(slots=True)
class Command:
    """One program with its words, and what flows into and out of it."""

    words: list[str] = field(default_factory=list)
    redirects: list[tuple[str, str]] = field(default_factory=list)  # operator without its number, target
    stdin: str = ""  # of a here-document or here-string
    inner: list["Command"] = field(default_factory=list)  # what its substitutions run
    pipe: int = 0  # commands of the same number feed each other, in order
    piped: bool = False  # something flows into it


def read_shell(text: str) -> list[Command]:
    """The commands in the order in which they are written. Raises Unreadable."""
    return _Reader(text).script()


class _Reader:
    def __init__(self, text: str, depth: int = 0) -> None:
        self.text, self.at, self.depth = text, 0, depth
        self.pipe = 0
        self.bodies: list[tuple[Command, str, bool, bool]] = []  # here-documents that begin on the next line
        self.inner: list[Command] = []  # substitutions met in the word that is being read

    def script(self, end: str = "") -> list[Command]:
        if self.depth > DEPTH:
            raise Unreadable("It is nested too deeply.")
        commands: list[Command] = []
        opened = 0
        current = self.fresh()
        while self.at < len(self.text):
            here = self.text[self.at]
            if here == ")" and end and not opened:
                self.at += 1
                return self.ended(commands, current)
            if here in "\n;|&()":
                operator = self.operator()
                if operator is None:  # &> is a redirect
                    self.redirect(current)
                    continue
                opened += (here == "(") - (here == ")" and opened > 0)
                self.ended(commands, current)
                current = self.fresh(after=current if operator in ("|", "|&") else None)
            elif self.is_redirect():
                self.redirect(current)
            elif not self.skipped():
                self.take_words(current)
        if end:
            raise Unreadable("A bracket is not closed.")
        self.here_documents()
        return self.ended(commands, current)

    def fresh(self, after: Command | None = None) -> Command:
        if after:
            return Command(pipe=after.pipe, piped=True)
        self.pipe += 1
        return Command(pipe=self.pipe)

    def ended(self, commands: list[Command], current: Command) -> list[Command]:
        if current.words or current.redirects or current.inner:
            commands.append(current)
        return commands

    def operator(self) -> str | None:
        if self.text.startswith("&>", self.at):
            return None
        two = self.text[self.at : self.at + 2]
        operator = two if two in ("&&", "||", ";;", "|&") else two[0]
        self.at += len(operator)
        if operator == "\n":
            self.here_documents()
        return operator

    def skipped(self) -> bool:
        """Steps over a blank, a joined line or a comment, if there is one."""
        here = self.text[self.at]
        if here.isspace():
            self.at += 1
        elif self.text.startswith("\\\n", self.at):
            self.at += 2
        elif here == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        else:
            return False
        return True

    def is_redirect(self) -> bool:
        if self.text.startswith(("<(", ">("), self.at):
            return False
        return bool(_REDIRECT.match(self.text, self.at))

    def redirect(self, command: Command) -> None:
        found = _REDIRECT.match(self.text, self.at)
        operator = found[0].lstrip("0123456789&") if found else ""
        self.at = found.end() if found else self.at + 1
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1
        start = self.at
        target = self.word()
        command.inner += self.gathered()
        if operator in ("<<", "<<-"):
            quoted = any(mark in self.text[start : self.at] for mark in "'\"\\")
            self.bodies.append((command, target, quoted, operator == "<<-"))
        elif operator == "<<<":
            command.stdin += target + "\n"
        else:
            command.redirects.append((operator, target))

    def here_documents(self) -> None:
        for command, delimiter, quoted, tabs in self.bodies:
            lines = []
            while self.at < len(self.text):
                end = self.text.find("\n", self.at)
                end = len(self.text) if end < 0 else end
                line = self.text[self.at : end]
                self.at = min(end + 1, len(self.text))
                if (line.lstrip("\t") if tabs else line) == delimiter:
                    break
                lines.append(line)
            body = "\n".join(lines) + "\n"
            command.stdin += body
            if not quoted:
                command.inner += self.embedded(body)
        self.bodies = []

    def take_words(self, command: Command) -> None:
        start = self.at
        word = self.word()
        command.inner += self.gathered()
        if self.at == start:  # nothing that a word can begin with
            self.at += 1
        elif _BRACES.fullmatch(self.text[start : self.at]):
            command.words += word[1:-1].split(",")
        else:
            command.words += word.split("\0")

    def gathered(self) -> list[Command]:
        inner, self.inner = self.inner, []
        return inner

    def word(self) -> str:
        """One word without its quotes; an unquoted $IFS splits it, marked by NUL."""
        parts: list[str] = []
        while self.at < len(self.text):
            if found := _PLAIN.match(self.text, self.at):
                parts.append(found[0])
                self.at = found.end()
                continue
            here = self.text[self.at]
            if here == "'":
                parts.append(self.until("'"))
            elif here == '"':
                self.at += 1
                parts.append(self.double('"'))
            elif here == "\\":
                following = self.text[self.at + 1 : self.at + 2]
                parts.append("" if following == "\n" else following)
                self.at += 2
            elif here == "$":
                value = self.dollar()
                parts.append("\0" if value == "$IFS" else value)
            elif here == "`":
                parts.append(self.backticks())
            elif self.text.startswith(("<(", ">("), self.at):
                parts.append(self.substitution())
            else:
                break
        return "".join(parts)

    def until(self, quote: str) -> str:
        end = self.text.find(quote, self.at + 1)
        if end < 0:
            raise Unreadable("A quote is not closed.")
        value = self.text[self.at + 1 : end]
        self.at = end + 1
        return value

    def double(self, quote: str) -> str:
        """Text up to the closing double quote, or with no quote up to the end: only substitutions mean something."""
        parts: list[str] = []
        while self.at < len(self.text):
            here = self.text[self.at]
            if here == quote:
                self.at += 1
                return "".join(parts)
            if found := _IN_DOUBLE.match(self.text, self.at):
                parts.append(found[0])
                self.at = found.end()
            elif here == "\\":
                following = self.text[self.at + 1 : self.at + 2]
                parts.append("" if following == "\n" else following if following in '$`"\\' else here + following)
                self.at += 2
            elif here == "$":
                parts.append(self.dollar(quoted=True))
            elif here == "`":
                parts.append(self.backticks())
            else:
                parts.append(here)
                self.at += 1
        if quote:
            raise Unreadable("A quote is not closed.")
        return "".join(parts)

    def dollar(self, *, quoted: bool = False) -> str:
        if self.text.startswith("$((", self.at) and self.arithmetic():
            return "$()"
        if self.text.startswith("$(", self.at):
            return self.substitution()
        if found := _NAME.match(self.text, self.at):
            self.at = found.end()
            return f"${found[1] or found[2] or found[3]}"
        if self.text.startswith("${", self.at):
            end = self.text.find("}", self.at)
            if end < 0:
                raise Unreadable("A bracket is not closed.")
            self.inner += self.embedded(self.text[self.at + 2 : end])
            self.at = end + 1
            return "$()"
        if not quoted and self.text.startswith("$'", self.at):
            return self.escaped()
        self.at += 1
        return "" if not quoted and self.text[self.at : self.at + 1] == '"' else "$"

    def arithmetic(self) -> bool:
        """`$(( … ))` is skipped, unless it holds a substitution: then it is read as one itself."""
        end = self.text.find("))", self.at)
        inside = self.text[self.at + 3 : end]
        if end < 0 or "$(" in inside or "`" in inside:
            return False
        self.at = end + 2
        return True

    def escaped(self) -> str:
        """The $'…' quote, in which backslashes spell characters."""
        end = self.at + 2
        while end < len(self.text) and self.text[end] != "'":
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            raise Unreadable("A quote is not closed.")
        value = self.text[self.at + 2 : end]
        self.at = end + 1
        return _ESCAPE.sub(_spelled, value)

    def substitution(self) -> str:
        """`$( … )`, `<( … )` or `>( … )`: its commands are remembered, in the word remains a mark."""
        self.at += 2
        outer, self.inner = self.inner, []
        bodies, self.bodies = self.bodies, []
        self.depth += 1
        commands = self.script(end=")")
        self.depth -= 1
        outer.extend(commands)
        self.inner, self.bodies = outer, bodies
        return "$()"

    def backticks(self) -> str:
        end = self.at + 1
        while end < len(self.text) and self.text[end] != "`":
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            raise Unreadable("A backtick is not closed.")
        script = re.sub(r"\\([`\\$])", r"\1", self.text[self.at + 1 : end])
        self.at = end + 1
        self.inner += _Reader(script, self.depth + 1).script()
        return "$()"

    def embedded(self, text: str) -> list[Command]:
        """The commands of the substitutions in a text that is otherwise data."""
        if "$(" not in text and "`" not in text and "${" not in text:
            return []
        if self.depth > DEPTH:
            raise Unreadable("It is nested too deeply.")
        reader = _Reader(text, self.depth + 1)
        reader.double("")
        return reader.inner


def _spelled(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    if digits or found[4]:
        code = int(digits, 16) if digits else int(found[4], 8) & 0xFF
        return chr(code) if code < 0x110000 else "\ufffd"
    return _LETTERS.get(found[5], found[5])
