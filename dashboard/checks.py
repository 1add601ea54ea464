"""What must hold before the console may serve; `manage.py check` and every start ask it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def front_end_is_installed(**_: Any) -> list[CheckMessage]:
    """A page without its scripts looks fine and does nothing, so a missing package is an error."""
    return [
        Error(f"The front-end package {prefix} is missing.", hint="Run `make setup`.", id=f"dashboard.E_{prefix}")
        for prefix, folder in (entry for entry in settings.STATICFILES_DIRS if isinstance(entry, tuple))
        if not Path(folder).is_dir()
    ]
