"""`manage.py runserver`: Daphne, and once it listens the line that says where the console is (with the launch key)."""

from typing import Any

from daphne.management.commands.runserver import Command as RunServer
from daphne.server import Server

from dashboard.access.launch import announce


class AnnouncingServer(Server):  # type: ignore[misc]  # daphne has no types
    """Says that it listens when it does, with the port that it really got."""

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        if self.listening_addresses:
            announce(*self.listening_addresses[-1])


class Command(RunServer):  # type: ignore[misc]  # as above
    server_cls = AnnouncingServer

    def log_action(self, protocol: str, action: str, details: dict[str, Any]) -> None:
        """Silent: `access.middleware.RequestLog` writes a line per request, without the query that may hold a key."""
