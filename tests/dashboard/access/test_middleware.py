"""What every request passes: the log line, the content policy, and nothing that holds a thread."""

import asyncio
import logging

import pytest
from django.conf import settings as configured
from django.test import RequestFactory
from django.utils.module_loading import import_string

from dashboard.access.middleware import RequestLog


@pytest.mark.parametrize("name", configured.MIDDLEWARE)
def test_no_middleware_puts_held_requests_into_threads(name):
    assert getattr(import_string(name), "async_capable", False)


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/login/", "/api/state", "/nowhere", "/static/nothing.css", "/admin/", "/launch/"]
)
def test_every_answer_has_the_policy(browser, path):
    policy = dict(rule.split(" ", 1) for rule in browser.get(path)["Content-Security-Policy"].split("; "))

    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "worker-src", "form-action")} == {"'self'"}
    assert policy["connect-src"] == "'self' ws://localhost:8000"


def test_a_host_that_is_not_ours_gets_no_word_into_the_policy(browser):
    answer = browser.get("/healthz", headers={"host": "evil.example; script-src *"})

    assert "evil" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/login/", "/api/state", "/launch/", "/?key=x"])
def test_a_name_that_was_made_to_point_here_is_not_ours(browser, path, settings):
    settings.OPEN = True

    answer = browser.get(path, headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert "PERSPT_URL" in answer.text


def test_the_pulse_answers_to_any_name(browser):
    assert browser.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200


def test_a_request_gets_an_id_of_our_own(browser):
    first = browser.get("/healthz", headers={"x-request-id": "mine\r\nyours"})["X-Request-Id"]

    assert len(first) == 16
    assert first != browser.get("/healthz")["X-Request-Id"]


def test_one_line_per_request_without_its_secrets(browser, key, caplog):
    caplog.set_level(logging.INFO, logger="dashboard.request")

    browser.get("/", {"key": key})
    browser.get("/static/css/base.css")
    browser.get("/healthz")

    lines = [record.getMessage() for record in caplog.records if record.name == "dashboard.request"]
    assert len([line for line in lines if line.startswith("GET / 302 in ")]) == 1
    assert key not in caplog.text
    assert not [line for line in lines if "healthz" in line]


def test_a_line_of_the_log_is_one_line(browser, caplog):
    caplog.set_level(logging.INFO, logger="dashboard.request")

    browser.get("/no%0Asuch%1B%5B31mpage")

    (line,) = (record.getMessage() for record in caplog.records if record.name == "dashboard.request")
    assert "\n" not in line
    assert "\x1b" not in line


async def test_a_client_that_hangs_up_is_noted(caplog):
    caplog.set_level(logging.INFO, logger="dashboard.request")

    async def never(request):
        await asyncio.sleep(60)

    waiting = asyncio.create_task(RequestLog(never)(RequestFactory().get("/api/v1/approvals/1")))
    await asyncio.sleep(0)
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert "GET /api/v1/approvals/1 499" in caplog.text
