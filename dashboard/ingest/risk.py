"""How much harm a request could do, and why: one word from low to critical, or unknown where that cannot be told.

A judgement for people, made from the text alone: it orders the queue and makes it ask twice, it decides nothing. What
it does not know it calls unknown; what the asker claims may raise it and never lower it.
"""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from dashboard.ingest import risk_rules as table
from dashboard.ingest.diff import read_diff
from dashboard.ingest.risk_findings import CLAIMS, LEVELS, Findings, short
from dashboard.ingest.risk_programs import TEXTS, started, texts, without_git_options, written
from dashboard.ingest.shell import Command, Unreadable, read_shell

LENGTH = 100_000  # characters of a command that are read
COMMANDS = 2_000  # programs that are looked at
WORDS = 1_000  # words of a program
LAYERS = 12  # programs that start programs that start programs

_ODD_BLANK = re.compile(r"[^\S\n\t\r ]")
_UNSEEN = re.compile(
    "[\0\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
)
_VARIABLE = re.compile(r"\$(\w+)")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=(.*)", re.DOTALL)
_USUAL_PLACES = re.compile(r"(?:/usr(?:/local)?|/opt/homebrew)?/s?bin/|(?:.*/)?(?:\.?venv/bin|node_modules/\.bin)/")
_AWK_RUNS = re.compile(r"system\s?\(|\|\s?getline|\|\s?\"|>\s?\"")
_ONLY_MARKS = re.compile(r"(?:\$\w*|\(\)|[\s\"{}@*])+")
_SED_RUNS = re.compile(r"^\d*e(?:\s|$)|[/|,#]\w*e\w*$")

EDITS = frozenset({"Edit", "MultiEdit", "Write", "NotebookEdit"})
TOOLS = {
    "WebFetch": ("medium", "Reads from the network."),
    "WebSearch": ("medium", "Searches the network."),
    "ExitPlanMode": ("medium", "Lets the agent start to work."),
    **dict.fromkeys(("Read", "Glob", "Grep", "LS", "NotebookRead", "TodoWrite"), ("low", "Only reads.")),
}


@dataclass(frozen=True, slots=True)
class Risk:
    """A level, and the reasons in short sentences, worst first."""

    level: str
    reasons: tuple[str, ...]


def assess(  # noqa: PLR0913 - every part of a request may carry its risk
    command: str, *, cwd: str = "", tool: str = "", paths: Sequence[str] = (), diff: str = "", claimed: str = ""
) -> Risk:
    """Judge a request by its command, its tool, the files that it names and its diff."""
    judge = Judge(cwd)
    if tool == "PowerShell" and command:
        judge.add("unknown", "PowerShell is not taken apart here.")
        judge.opaque(command[:LENGTH])
    elif command:
        judge.line(command)
    judge.edit(tool, paths, diff)
    if not command and tool and not judge.found:
        judge.add(*TOOLS.get(tool, ("unknown", f"What {short(tool)} does is not known here.")))
    if not judge.found:
        judge.add("unknown", "There is nothing to judge by.")
    judge.production()
    if claimed in CLAIMS and LEVELS[claimed] > LEVELS[judge.worst]:
        judge.add(claimed, f"Claimed {claimed} by the asker.")
    return Risk(judge.worst, judge.reasons())


@dataclass(frozen=True, slots=True)
class Flow:
    """A command with its place in the pipe."""

    pipe: Sequence[Command]
    place: int

    @property
    def command(self) -> Command:
        return self.pipe[self.place]

    @property
    def before(self) -> Sequence[Command]:
        return self.pipe[max(self.place - 50, 0) : self.place]


class Judge(Findings):
    """Goes through a shell line, and through the lines that it hands to other shells."""

    def __init__(self, cwd: str) -> None:
        super().__init__(cwd)
        self.variables: dict[str, str] = {}
        self.downloaded = False
        self.read = 0  # characters, of scripts within scripts too
        self.seen = 0  # programs
        self.within = 0  # scripts that hold the one being read

    def edit(self, tool: str, paths: Sequence[str], diff: str) -> None:
        files = read_diff(diff)
        changed = [path for file in files for path in (file.path, file.old_path) if path]
        writes = tool in EDITS or bool(diff)
        for path in dict.fromkeys([*paths, *changed]):
            self.writes(path) if writes else self.reads(path)
        if writes:
            self.add("low", "Changes files inside the working folder.")
        if any(file.change == "deleted" for file in files):
            self.add("medium", "Deletes files.")

    def line(self, text: str) -> None:
        if len(text) > LENGTH:
            self.add("unknown", f"Is longer than {LENGTH:,} characters: not read to its end.")
            self.script(text[:LENGTH].rsplit("\n", 1)[0])
            return
        if _UNSEEN.search(text) or _ODD_BLANK.search(text):
            self.add("high", "Holds characters that cannot be seen, or that only look like blanks.")
            text = _ODD_BLANK.sub(" ", _UNSEEN.sub("", text))
        self.fork_bomb(text)
        self.script(text)
        if not self.found:
            self.add("low", "Only reads, checks, or changes files inside the working folder.")

    def script(self, text: str) -> None:
        self.read += len(text)
        if self.read > 4 * LENGTH or self.within >= LAYERS:
            self.add("unknown", "Holds too much within itself to be read.")
            return
        self.within += 1
        try:
            self.all(read_shell(text.replace("\r\n", "\n")))
        except Unreadable as trouble:
            self.add("unknown", f"Cannot be read as a shell line: {trouble}")
            self.opaque(text)
        self.within -= 1

    def all(self, commands: Sequence[Command]) -> None:
        for _, group in groupby(commands, key=lambda command: command.pipe):
            pipe = list(group)
            levels = [self.command(Flow(pipe, n)) for n in range(len(pipe))]
            if any(level != "low" for level in levels):
                self.acts_on(*(word for command in pipe for word in [*command.words, command.stdin]))

    def command(self, flow: Flow) -> str:
        """Judge one program with all that it starts; the answer is how much it does beyond reading."""
        command = flow.command
        self.seen += 1
        if self.seen > COMMANDS:
            self.add("unknown", f"Starts more than {COMMANDS:,} programs: not read to its end.")
            return "unknown"
        self.all(command.inner)
        level = "low"
        for operator, target in command.redirects:
            if ">" not in operator:
                self.reads(target)
            elif not (operator == ">&" and target.strip("-").isdigit()) and target != "-":
                self.writes(target)
                level = "medium"
        if len(command.words) > WORDS:
            self.add("unknown", f"Has more than {WORDS:,} words: not read to its end.")
        words = self.assigned(self.expanded(command.words[:WORDS]))
        told = self.program(words, flow) if words else "low"
        return max(level, told, key=LEVELS.__getitem__)

    def expanded(self, words: Sequence[str]) -> list[str]:
        """The words with the variables whose values stand in the same line."""
        out: list[str] = []
        for word in words:
            known = _VARIABLE.sub(lambda found: self.variables.get(found[1], found[0]), word)
            out += known.split() if known != word and len(known) < 2_000 else [word]
        return out

    def assigned(self, words: list[str]) -> list[str]:
        """The words after leading keywords and assignments, which are remembered."""
        for n, word in enumerate(words):
            found = _ASSIGNMENT.fullmatch(word)
            if not found and word not in table.KEYWORDS:
                return words[n:]
            if found and len(found[2]) < 200:
                self.variables[found[1]] = found[2]
            if found and found[1] in table.DANGEROUS_VARIABLES:
                self.add("high", f"Sets {found[1]}, which changes what programs do.")
        return []

    def program(self, words: list[str], flow: Flow, layer: int = 0) -> str:
        """One program, and after it the one that it starts, if it is made for that."""
        if layer > LAYERS:
            self.add("unknown", "Programs start programs too many times.")
            return "unknown"
        if re.search(r"[$*?]|\[.", words[0]) and words[0] != "[[":
            self.add("unknown", "Which program runs is only known when it runs.")
            return "unknown"
        name = posixpath.basename(words[0]).lower() or words[0]
        strange = "/" in words[0] and not _USUAL_PLACES.match(words[0])
        words = without_git_options([name, *words[1:]])
        told = [self.own(words, strange=strange)]
        self.touches(words)
        told.append(self.scripts(words, flow))
        if inner := started(words):
            told.append(self.program(inner, flow, layer + 1))
        return max(told, key=LEVELS.__getitem__)

    def own(self, words: list[str], *, strange: bool) -> str:
        """What the table says about the program itself."""
        rules = table.rules_for(words)
        level = max((rule.level for rule in rules), key=LEVELS.__getitem__, default="")
        if level in ("", "medium") and not strange and _is_harmless(words):
            return "low"
        for rule in rules:
            if rule.level == level:
                self.add(rule.level, rule.reason)
        name = words[0]
        if not level and strange:
            self.runs_file(f"Runs a program of its own: {short(name)}.")
            return "medium"
        if name == "git" and table.plain(words) and table.plain(words)[0] not in table.GIT:
            self.add("unknown", f"git {short(table.plain(words)[0])} may be an alias that runs anything.")
            return "unknown"
        if level or name in KNOWN:
            return level or "low"
        self.add("unknown", f"{short(name)} is not a program that this table knows.")
        return "unknown"

    def runs_file(self, reason: str) -> None:
        self.add("medium", reason)
        if self.downloaded:
            self.add("high", "Runs a file after a download.")

    def touches(self, words: list[str]) -> None:
        """The files, folders and connections that the words name."""
        name, rest = words[0], table.plain(words)
        self.downloaded = self.downloaded or name in table.DOWNLOADERS
        if name in ("cd", "pushd"):
            self.goes_to(rest[0] if rest else "")
        elif name == "popd":
            self.here = None
        for word in words[1:]:
            self.reads(word)
        for target in written(words):
            self.writes(target)
        if name in ("sed", "gsed") and any(_SED_RUNS.search(word) for word in rest[:1]):
            self.add("high", "Lets sed run programs.")
        if name in ("awk", "gawk", "mawk") and any(_AWK_RUNS.search(word) for word in rest[:1]):
            self.add("high", "Lets awk run programs or write files.")

    # programs that run text

    def scripts(self, words: list[str], flow: Flow) -> str:
        """The texts that a program runs as a script, from its words, its input or its pipe."""
        name, command = words[0], flow.command
        downloads = any(_downloads(inner) for inner in command.inner)
        for text in texts(words):
            if downloads and "$()" in text:
                self.add("critical", "Runs what it downloads.")
            elif "$" in text and not text.strip('$(){}@*"').strip():
                self.add("unknown", "What it runs is only known when it runs.")
            self.script(text)
        if name in table.SHELLS and not texts(words):
            return self.shell(words, flow, downloads=downloads)
        if name in (".", "source"):
            return self.file_or_stream(table.plain(words)[:1], downloads=downloads)
        if name in table.INTERPRETERS:
            self.opaque(" ".join(words[1:]) + "\n" + command.stdin)
            if command.piped and not table.plain(words):
                self.pipe(flow.before)
        return "low"

    def shell(self, words: list[str], flow: Flow, *, downloads: bool) -> str:
        if flow.command.stdin:
            self.script(flow.command.stdin)
            return "low"
        if rest := [word for word in table.plain(words) if word != "-"]:
            return self.file_or_stream(rest[:1], downloads=downloads)
        if flow.command.piped:
            self.pipe(flow.before)
            return "high"
        if any(word in ("--version", "--help") for word in words):
            return "low"
        self.runs_file("Runs a script that is not shown.")
        return "medium"

    def file_or_stream(self, file: list[str], *, downloads: bool) -> str:
        if file and "$()" in file[0]:
            self.add("critical", "Runs what it downloads.") if downloads else self.add("high", UNSHOWN)
            return "high"
        self.runs_file("Runs a script that is not shown.")
        return "medium"

    def pipe(self, before: Sequence[Command]) -> None:
        """A shell that reads its script from a pipe."""
        if any(_downloads(command) for command in before) or (not before and self.downloaded):
            self.add("critical", "Runs what it downloads.")
            return
        source = before[-1] if before else Command()
        name = posixpath.basename(source.words[0]) if source.words else ""
        text = " ".join(source.words[1:]) if name in ("echo", "printf") else source.stdin if name == "cat" else ""
        if not text or "\\" in text or "$" in text:
            self.add("high", UNSHOWN)
        self.script(text)


KNOWN = table.READS | table.WRAPPERS.keys() | table.RUNNERS | table.SHELLS | table.INTERPRETERS | TEXTS.keys()
UNSHOWN = "Runs text that is only known when it runs."


def _is_harmless(words: list[str]) -> bool:
    name, rest = words[0], table.plain(words)
    if len(words) == 2 and words[1] in ("--version", "--help", "-V", "-h", "version", "help"):
        return True
    known = table.HARMLESS.get(name, "").split()
    if name == "make":
        return bool(rest) and set(rest) <= set(known)
    return bool(rest) and rest[0] in known


def _downloads(command: Command) -> bool:
    return any(posixpath.basename(word) in table.DOWNLOADERS for word in command.words[:4])
