"""Log lines: for people, or as JSON objects for machines that read them (`PERSPT_LOG_JSON=1`)."""

import json
import logging
from datetime import UTC, datetime

from dashboard.access.request_id import current_request

PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LineFormatter(logging.Formatter):
    """The usual line, with the id of the request that it was written in, if it was written in one."""

    def format(self, record: logging.LogRecord) -> str:
        text, request = super().format(record), current_request.get()
        return text if not request or request in text else f"{text} [{request}]"


class JsonFormatter(logging.Formatter):
    """One object per line: `at` (ISO 8601, UTC), `level`, `logger`, `message`, `request_id` if it was written within a
    request, and what the call gave as `extra`.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        } | {key: value for key, value in vars(record).items() if key not in PLAIN}
        if request := current_request.get():
            line.setdefault("request_id", request)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)
