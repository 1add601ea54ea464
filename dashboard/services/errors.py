"""What a service refuses, as exceptions that carry what the caller needs to say so; nothing was written then."""

from typing import Any, ClassVar

from dashboard.models import Approval, Command, Question


class Refused(Exception):  # noqa: N818  a refusal is an answer, not a mistake of ours
    """The base of all refusals: a stable `code`, the HTTP status it means, and a sentence for a person."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    reason: str = ""
    about: str = ""
    """A word for the list of those who were turned away, and the token or account that it was."""

    def __init__(self, message: str, *, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}


class Invalid(Refused):
    """What was given cannot be accepted; `fields` names what and why."""

    code = "invalid"
    status = 422


class Forbidden(Refused):
    code = "forbidden"
    status = 403


class NotFound(Refused):
    code = "not_found"
    status = 404


class AlreadyResolved(Refused):
    """Someone or something was first; `row` says who, what and when."""

    code = "already_resolved"

    def __init__(self, row: Approval | Question | Command) -> None:
        verb = getattr(row, "status", "resolved")
        super().__init__(f"#{row.pk} is already {verb} by {row.resolved_by}.")
        self.row = row


class Withdrawn(AlreadyResolved):
    """The asker no longer waits: answered in its terminal, or gone."""

    code = "withdrawn"


class Changed(Refused):
    """The request is no longer the one that was shown; nothing was resolved."""

    code = "changed"

    def __init__(self, row: Approval | Question) -> None:
        super().__init__(f"#{row.pk} has changed since it was shown. Read it again, then decide.")
        self.row = row


def already_resolved(row: Any) -> AlreadyResolved:
    """Return the refusal that fits how `row` ended."""
    return Withdrawn(row) if row.status == "withdrawn" else AlreadyResolved(row)
