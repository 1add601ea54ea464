"""Friendly names of sessions: two words from the id, always the same two. They are shown, never stored."""

ADJECTIVES = (
    *("amber", "brave", "calm", "clear", "cosy", "eager", "early", "fair", "fresh", "gentle", "glad", "golden"),
    *("happy", "keen", "kind", "light", "lively", "mellow", "merry", "mild", "neat", "noble", "proud", "quick"),
    *("quiet", "rapid", "shiny", "steady", "sunny", "swift", "tidy", "warm"),
)
NOUNS = (
    *("acorn", "badger", "beacon", "birch", "brook", "cedar", "cliff", "cloud", "comet", "coral", "falcon", "fern"),
    *("finch", "garden", "glade", "harbor", "hazel", "heron", "island", "lantern", "maple", "meadow", "orchard"),
    *("otter", "pebble", "pine", "raven", "river", "robin", "stone", "tulip", "willow"),
)


def places(session_id: str) -> tuple[int, int]:
    """Which adjective and which noun."""
    found = 0
    for byte in session_id.encode("utf-8", "replace"):
        found = (31 * found + byte) % 2**64
    return found % 32, (found >> 8) % 32


def friendly_name(session_id: str) -> str:
    adjective, noun = places(session_id)
    return f"{ADJECTIVES[adjective]}-{NOUNS[noun]}"
