"""The ASGI application that bench/live.py compares with: Channels' `group_send`, in memory."""

import django

django.setup()

from bench.live import layer_application  # noqa: E402

application = layer_application()
