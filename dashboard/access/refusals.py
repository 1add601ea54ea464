"""Who was turned away: remembered in memory at the doors, counted in the database by the engine.

A door only adds to a number, so whoever knocks often costs no more than whoever knocks once: neither a query nor,
however many addresses they come from, more than a bounded number of rows (`services/refusals.py`).
"""

from datetime import datetime
from threading import Lock

from dashboard.access.visit import place_of
from dashboard.ingest.text import one_line, storable
from dashboard.services.errors import Refused
from dashboard.services.refusals import ELSEWHERE, Knocks, count_refusals

MOST = 500
NOT_ALLOWED = {401: "not signed in", 403: "not allowed"}

# doors, beside those by which decisions come in
SIGN_IN, LAUNCH, API, HOOK, FEED, WEB = "sign-in", "launch key", "api", "hook", "feed", "web"

# reasons
NO_TOKEN = "no token"  # noqa: S105  a reason
UNKNOWN_TOKEN = "unknown token"  # noqa: S105  a reason
REVOKED_TOKEN = "revoked token"  # noqa: S105  a reason
MISSING_SCOPE = "scope missing"
FOREIGN_PAGE = "page from elsewhere"
WRONG_PASSWORD = "wrong password"  # noqa: S105  a reason
WRONG_KEY = "wrong key"
TOO_MANY = "too many tries"


class Ledger:
    """Counts that are not in the database yet; past `most` different ones, addresses are no longer told apart."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._knocks: Knocks = {}
        self._lock = Lock()

    def add(self, door: str, address: str, reason: str, *, about: str = "", times: int = 1) -> None:
        key = (door, place_of(address), reason)
        with self._lock:
            if key not in self._knocks and len(self._knocks) >= self._most:
                key = (door, ELSEWHERE, reason)
            count, known = self._knocks.get(key, (0, ""))
            self._knocks[key] = (count + times, about or known)

    def take(self) -> Knocks:
        with self._lock:
            taken, self._knocks = self._knocks, {}
        return taken


ledger = Ledger()


def note(door: str, address: str, reason: str, *, about: str = "") -> None:
    """Remember that somebody was turned away; `about` is whom they are known as, never what they sent as a secret."""
    ledger.add(door, address, reason, about=one_line(storable(about), 160))


def note_refused(refused: Refused, *, door: str, address: str, about: str = "") -> None:
    """The same for what was refused by an exception; what was merely wrong, or came too late, is no attempt."""
    if reason := refused.reason or NOT_ALLOWED.get(refused.status, ""):
        note(door, address, reason, about=refused.about or about)


def write_down(*, now: datetime) -> int:
    """Bring into the database what was remembered; return how many attempts that were."""
    knocks = ledger.take()
    if not knocks:
        return 0
    try:
        count_refusals(knocks, now=now)
    except Exception:
        for (door, address, reason), (count, about) in knocks.items():
            ledger.add(door, address, reason, about=about, times=count)
        raise
    return sum(count for count, _ in knocks.values())
