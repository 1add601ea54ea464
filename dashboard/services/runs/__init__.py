"""What perspt's stores tell, taken into our rows: each row once, each change once, events only for real changes."""

from dashboard.services.runs.importing import Outcome, import_store

__all__ = ["Outcome", "import_store"]
