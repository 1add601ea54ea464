"""Parts of addresses that may only be certain words."""


class Word:
    """One of the words of `regex`."""

    regex = ""

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Tab(Word):
    """A page of a perspt session; its summary has no word."""

    regex = "dag|energy|llm|sandbox|decisions|timeline|search"


class Ending(Word):
    """The form of an exported table."""

    regex = "csv|parquet"
