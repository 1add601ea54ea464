"""One line in the log of the process for each order and decision, once it is committed: who, why, from where, and how.

The database keeps the same for good (orders.py, the asks themselves); the line is for whoever collects logs.
"""

import logging
from typing import Any

from django.db import transaction

from dashboard.ingest.text import one_line
from dashboard.services.actor import Actor

logger = logging.getLogger("dashboard.order")
LONGEST = 300


def write_order(  # noqa: PLR0913  an order is written with everything about it
    verb: str, subject: str, *, by: Actor, reason: str, before: Any = None, after: Any = None, result: str = "done"
) -> None:
    """Write the line when the transaction has committed; one that is rolled back was no order."""
    said = {
        "order": verb,
        "subject": one_line(subject, LONGEST),
        "operator": one_line(by.name, LONGEST),
        "door": str(by.door),
        "address": by.address,
        "reason": one_line(reason, LONGEST),
        "before": before,
        "after": after,
        "result": result,
    }
    change = "" if before is None and after is None else f": {before} → {after}"
    text = f"{verb} {said['subject']} by {said['operator']} from {by.address or by.door}{change}, {result}"
    text += f" ({said['reason']})" if said["reason"] else ""
    transaction.on_commit(lambda: logger.info("%s", text, extra=said))
