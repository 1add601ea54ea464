"""What was found out about a request so far, and what its texts and files alone tell: production, secrets, places."""

import posixpath
import re

LEVELS = {"low": 0, "medium": 1, "unknown": 2, "high": 3, "critical": 4}
CLAIMS = ("low", "medium", "high", "critical")
REASONS = 8

_HERE = "/.working-folder"  # stands for a working folder whose name is not known
_HOME = "/.home"
_FREE = re.compile(r"/tmp(?:/|$)|/var/tmp/|/dev/(?:null|stdout|stderr|tty|fd/\d+)$")  # noqa: S108 - a pattern, not a file
_DEVICE = re.compile(r"/dev/(?:sd|nvme|hd|vd|xvd|disk|mapper|mem|kmem)")
_PRODUCTION = re.compile(
    r"(?i)(?<![A-Za-z0-9])(?:prod|prd|production|live[-_ ]?(?:db|database|server|site|system))(?![A-Za-z0-9])"
)
_BUILD_FLAG = re.compile(r"(?i)--?(?:only=|mode=|env=)?prod(?:uction)?|NODE_ENV=production")
_SECRETS = re.compile(
    r"(?:^|[/=@:])(?:\.ssh(?:/|$)|\.aws(?:/|$)|\.gnupg(?:/|$)|\.kube/config|\.docker/config\.json|\.netrc$|\.pgpass$"
    r"|\.npmrc$|\.pypirc$|\.git-credentials$|\.vault-token$|\.config/gh/|id_(?:rsa|dsa|ecdsa|ed25519)$|credentials\.json$"
    r"|\.env(?:\.(?!example|sample|template|dist)[\w.-]+)?$|etc/g?shadow$|etc/sudoers|secrets?\.(?:ya?ml|json|toml|env)$"
    r"|proc/(?:\d+|self)/environ$)|/credentials$|\.(?:pem|p12|pfx|keystore|jks)$"
)
_SETTINGS = re.compile(
    r"\.claude/+(?:settings[^/]*\.json|hooks\b)|\.claude\.json\b|managed-settings\.json|\.codex/+config"
)
_BY_ITSELF = re.compile(
    r"(?:^|/)(?:\.git/(?:hooks/|config$)|\.husky/|\.github/workflows/|\.gitlab-ci\.yml$|\.pre-commit-config"
    r"|\.(?:bashrc|bash_profile|profile|zshrc|zprofile|zshenv|bash_login|xinitrc|config/fish/))"
)
_SQL = re.compile(
    r"(?i)\b(?:drop\s{1,20}(?:database|table|schema|view|index|user|role)|truncate\s{1,20}(?:table\b|[a-z_\"`])"
    r"|alter\s{1,20}table\s[^;]{1,200}\bdrop\b|dropDatabase|flushall)"
)
_EVERY_ROW = re.compile(r"(?i)\b(?:delete\s{1,20}from|update\s{1,20}[\w.\"`]{1,80}\s{1,20}set)\b")
_WHERE = re.compile(r"(?i)\bwhere\b")

# Words to look for in a text that cannot be taken apart: a broken line, a program in another language.
# ruff: noqa: E501 - a table reads best with one rule on a line
# fmt: off
_OPAQUE = (
    ("critical", "Runs what it downloads.", r"\b(?:curl|wget)\b[^|;&\n]{0,300}\|\s{0,9}(?:sudo\s{1,9})?(?:ba|z|da|k)?sh\b"),
    ("high", "Deletes folders with all they hold.", r"\brm\s{1,9}(?:-\w{1,9}\s{1,9}){0,5}-\w{0,9}[rR]|\brmtree\b|rmSync|rm_rf|remove_tree"),
    ("high", "Deletes folders with all they hold.", r"(?i)\bRemove-Item\b[^|;\n]{0,200}-Recurse|\b(?:rd|rmdir|del)\s{1,9}/s\b"),
    ("high", "Forces a push over what others have.", r"\bpush\b[^|;&\n]{0,200}\s(?:--force|-f\b)"),
    ("high", "Writes straight to a device or erases a disk.", r"\bmkfs|\bof=/dev/|>\s{0,9}/dev/(?:sd|nvme|hd|vd|disk)"),
    ("high", "Deletes files or starts programs from within a program.", r"\bos\.(?:system|popen|exec|remove|unlink|rmdir)|\bunlink\b"),
    ("high", "Starts programs from within a program.", r"\bsubprocess\b|child_process|\b(?:exec|execSync|system|popen|eval|spawn)\s?[('\"]"),
    ("high", "Starts programs from within a program.", r"__import__|\bgetattr\s?\(|qx[{(/]|(?i:\biex\b|Invoke-Expression)"),
    ("high", "Opens a connection by itself.", r"/dev/(?:tcp|udp)/|\bsocket\b|\burllib|\brequests\.|\bhttp\.client|\bfetch\s?\("),
    ("high", "Opens a connection by itself.", r"(?i)Invoke-(?:WebRequest|RestMethod)|\bDownloadString\b"),
)
# fmt: on
OPAQUE = tuple((level, reason, re.compile(pattern)) for level, reason, pattern in _OPAQUE)
_FORK_BOMB = re.compile(r"([\w:]{1,40})\s{0,9}\(\)\s{0,9}\{\s{0,9}\1\s{0,9}\|\s{0,9}\1\s{0,9}&")


class Findings:
    """Reasons with their levels, for one request; follows `cd` to know where a file lies."""

    def __init__(self, cwd: str) -> None:
        self.root = posixpath.normpath(cwd.replace("\0", "")) if cwd else _HERE
        self.here: str | None = self.root
        self.found: dict[str, str] = {}

    def add(self, level: str, reason: str) -> None:
        if LEVELS[level] > LEVELS.get(self.found.get(reason, ""), -1):
            self.found[reason] = level

    @property
    def worst(self) -> str:
        return max(self.found.values(), key=LEVELS.__getitem__)

    def reasons(self) -> tuple[str, ...]:
        """The worst first; that something only reads is told if nothing else is."""
        ordered = sorted(self.found, key=lambda reason: -LEVELS[self.found[reason]])
        telling = [reason for reason in ordered if self.found[reason] != "low"] or ordered[:1]
        return tuple(telling[:REASONS])

    def production(self) -> None:
        """A risky thing done to production is worse than either."""
        grave = [level for level in self.found.values() if LEVELS[level] >= LEVELS["high"]]
        if "Names production." in self.found and len(grave) > 1:
            self.found["Names production."] = "critical"

    # texts

    def opaque(self, text: str) -> None:
        """Text that is not taken apart: only its dangerous words are looked for."""
        for level, reason, pattern in OPAQUE:
            if pattern.search(text):
                self.add(level, reason)
        self.acts_on(text)

    def fork_bomb(self, text: str) -> None:
        if _FORK_BOMB.search(text):
            self.add("critical", "Starts copies of itself without end.")

    def acts_on(self, *words: str) -> None:
        """What is named to a program that does more than read."""
        text = " ".join(words)
        if any(_PRODUCTION.search(word) and not _BUILD_FLAG.fullmatch(word) for word in words):
            self.add("high", "Names production.")
        if _SQL.search(text):
            self.add("high", "Drops or empties tables.")
        if any(_EVERY_ROW.search(part) and not _WHERE.search(part) for part in text.split(";")):
            self.add("high", "Changes every row of a table.")
        if _SETTINGS.search(text):
            self.add("critical", "Changes what the agent may do.")

    # files

    def reads(self, path: str) -> None:
        if _SECRETS.search(path):
            self.add("high", f"Touches credentials: {short(path)}.")
        if path.startswith(("/dev/tcp/", "/dev/udp/")):
            self.add("high", "Opens a connection by itself.")

    def writes(self, path: str) -> None:
        """A file that is written, moved or deleted."""
        self.reads(path)
        if _DEVICE.match(path):
            self.add("critical", "Writes straight to a device.")
        if _SETTINGS.search(path):
            self.add("critical", "Changes what the agent may do.")
        if _BY_ITSELF.search(path):
            self.add("high", f"Changes what runs by itself: {short(path)}.")
        where = self.place(path)
        if where == "outside":
            self.add("high", f"Writes outside the working folder: {short(path)}.")
        elif where == "unknown":
            self.add("unknown", f"Writes to a place that only the shell knows: {short(path)}.")

    def place(self, path: str) -> str:
        """Where a path leads from here: inside the working folder (or a temporary one), outside, or unknown."""
        path = path.replace("\0", "")
        if path.startswith(("~", "$HOME", "$OLDPWD")):
            return "outside"
        if path.startswith(("$PWD/", "$TMPDIR/")) and ".." not in path:
            path = path.split("/", 1)[1]
        if "$" in path or self.here is None:
            return "unknown"
        full = posixpath.normpath(posixpath.join(self.here, path))
        inside = full == self.root or full.startswith(self.root.rstrip("/") + "/")
        return "inside" if inside or _FREE.match(full) else "outside"

    def goes_to(self, folder: str) -> None:
        """`cd`: later paths are seen from there."""
        folder = folder.replace("\0", "")
        if folder in ("", "$HOME") or folder.startswith("~"):
            self.here = _HOME
        elif self.here is None or "$" in folder or folder == "-":
            self.here = None
        else:
            self.here = posixpath.normpath(posixpath.join(self.here, folder))


def short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
