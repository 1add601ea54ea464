"""The name of this serving process, by which its held requests and its leases are known, and since when it runs."""

import os
import secrets
import socket
from datetime import UTC, datetime

PROCESS_ID = f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(4)}"
"""What doors put into `holder`: who keeps the asker's connection open. At most 64 characters."""
STARTED_AT = datetime.now(UTC)
