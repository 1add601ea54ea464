"""Alive and ready, for supervisors and load balancers."""

from django.db import OperationalError

from dashboard.views import health


def test_the_pulse_asks_nothing_of_the_database(client, settings):
    assert client.get("/healthz").json() == {"status": "alive", "version": settings.VERSION}


def test_without_its_database_the_console_is_not_ready(client, monkeypatch):
    def gone():
        raise OperationalError("no route to host 10.0.0.5")

    monkeypatch.setattr(health, "log_head", gone)
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": False, "layer": True}
    assert "10.0.0.5" not in answer.text


def test_without_its_layer_the_console_is_not_ready(client, monkeypatch):
    class Gone:
        async def new_channel(self):
            raise ConnectionError("redis")

    monkeypatch.setattr(health, "get_channel_layer", Gone)
    monkeypatch.setattr(health, "log_head", lambda: None)

    assert client.get("/readyz").json() == {"status": "unavailable", "database": True, "layer": False}


def test_a_layer_that_says_nothing_is_not_waited_for(client, monkeypatch):
    import asyncio

    class Silent:
        async def new_channel(self):
            await asyncio.sleep(60)

    monkeypatch.setattr(health, "get_channel_layer", Silent)
    monkeypatch.setattr(health, "log_head", lambda: None)
    monkeypatch.setattr(health, "PATIENCE", 0.05)

    assert client.get("/readyz").status_code == 503
