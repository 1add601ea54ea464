"""The only reader of the environment.

Each setting is one row of `SETTINGS`: its name, how its text is read, what it is when absent and what it means.
An unknown `PERSPT_*` name or a value that cannot be read stops the start with a sentence, so a typing mistake is
never a silent default. `docs/settings.md` lists the same rows; a test compares the two.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def flag(text: str) -> bool:
    try:
        return WORDS[text.lower()]
    except KeyError:
        raise ValueError("write 1 or 0") from None


def words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split() if word)


def networks(text: str) -> tuple[str, ...]:
    for word in words(text):
        ip_network(word, strict=False)
    return words(text)


def positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e9:
        raise ValueError("write a number greater than 0")
    return number


def url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write a whole address, such as https://console.example")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("the console lives at the root of its host: write the address without a path")
    return f"{parts.scheme}://{parts.netloc}"


def level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(f"write one of {', '.join(LOG_LEVELS)}")
    return text.upper()


def folder(text: str) -> Path:
    return Path(text).expanduser().resolve()


def paths(text: str) -> tuple[Path, ...]:
    return tuple(folder(part) for part in text.split(os.pathsep) if part.strip())


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable of the environment: `read` turns its text into a value or raises ValueError with a hint."""

    name: str
    read: Callable[[str], Any]
    default: Any
    meaning: str


SETTINGS = (
    Setting("PERSPT_DATA", folder, BASE_DIR / "data", "folder for everything the console writes"),
    Setting("PERSPT_DEBUG", flag, False, "Django's debug pages; never where others can reach it"),
    Setting("PERSPT_URL", url, "", "public address; sets allowed hosts, origins, secure cookies"),
    Setting("PERSPT_TRUSTED_PROXIES", networks, (), "addresses or networks whose X-Forwarded-* headers are believed"),
    Setting("PERSPT_SECRET_KEY", str, "", "signing key; else generated into the data folder"),
    Setting("PERSPT_PASSWORD", str, "", "one shared password with the role of an operator"),
    Setting("PERSPT_PASSWORD_FILE", folder, None, "file that holds the shared password"),
    Setting("PERSPT_OPEN", flag, False, "no sign-in for a browser on this computer, with a banner"),
    Setting("PERSPT_INSECURE", flag, False, "allows sign-in over plain HTTP from other computers"),
    Setting("PERSPT_MAX_WAIT", positive, 55.0, "longest `wait=` of an API call, in seconds"),
    Setting("PERSPT_SILENT_AFTER", positive, 600.0, "seconds without a word after which a working agent is silent"),
    Setting("PERSPT_KEEP_DAYS", positive, 30.0, "days that the event log is kept"),
    Setting("PERSPT_RATE_LIMITS", flag, True, "limits on sign-in attempts and on machine calls"),
    Setting("PERSPT_LOG_LEVEL", level, "INFO", "least severity that is logged"),
    Setting("PERSPT_LOG_JSON", flag, False, "one JSON object per log line"),
    Setting("PERSPT_STORES", paths, (), "perspt.db files to follow, separated like those in PATH"),
    Setting("PERSPT_FOLLOW", flag, True, "follows the store in perspt's own place, too, where there is one"),
    Setting("XDG_DATA_HOME", folder, None, "where perspt keeps its store on Linux"),
    Setting("DATABASE_URL", str, "", "postgres://… or sqlite:///…; else SQLite in the data folder"),
    Setting("REDIS_URL", str, "", "redis://…; wakes other processes; needed only with several hosts"),
)


class Environment:
    """The settings as attributes, named like the variables in lower case without the prefix."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """Raise ImproperlyConfigured for an unknown `PERSPT_*` name or a value that cannot be read."""
        known = {setting.name for setting in SETTINGS}
        for name in sorted(values):
            if name.startswith("PERSPT_") and name not in known:
                raise ImproperlyConfigured(f"{name} is not a setting of the console; docs/settings.md lists them")
        self._values = {
            setting.name.removeprefix("PERSPT_").lower(): self._read(setting, values) for setting in SETTINGS
        }

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(name) from None

    @staticmethod
    def _read(setting: Setting, values: Mapping[str, str]) -> Any:
        text = values.get(setting.name, "").strip()
        if not text:
            return setting.default
        try:
            return setting.read(text)
        except ValueError as error:
            shown = "" if "SECRET" in setting.name or "PASSWORD" in setting.name else f" is {text!r}"
            raise ImproperlyConfigured(f"{setting.name}{shown}: {error}") from None

    @property
    def default_store(self) -> Path:
        """The store that perspt uses on this system, whether it is there or not."""
        home = Path.home()
        place = self.xdg_data_home or home / ".local" / "share"
        if sys.platform == "darwin":
            place = home / "Library" / "Application Support"
        elif sys.platform == "win32":
            place = home / "AppData" / "Local"
        return Path(place) / "perspt" / "perspt.db"

    @property
    def shared_password(self) -> str:
        """The shared password from the variable or its file; empty where there is none."""
        if self.password:
            return str(self.password)
        if self.password_file is None:
            return ""
        try:
            return str(self.password_file.read_text(encoding="utf-8").strip())
        except OSError as error:
            raise ImproperlyConfigured(f"PERSPT_PASSWORD_FILE cannot be read: {error.strerror}") from None


env = Environment(os.environ)
