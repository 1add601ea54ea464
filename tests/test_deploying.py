"""docs/deploying.md, done as it says: its command serves, its nginx lets people, sockets and streams through."""

import asyncio
import json
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest
import websockets
import yaml

from perspt_site.env import SETTINGS
from tests.harness.console import ROOT, Console
from tests.harness.waiting import eventually, free_port, unavailable

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "deploying.md").read_text()


def snippet(kind: str) -> str:
    """The block of the page that is marked so."""
    return re.search(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL).group(1)


@pytest.fixture
def served(tmp_path):
    """The console as the page has it; only port, folder and password are the test's own."""
    settings = dict(line.split("=", 1) for line in snippet("sh environment").splitlines())
    console = Console(tmp_path / "data", settings={**settings, "PERSPT_PASSWORD": "sesame"})
    console.settings["PERSPT_DATA"] = str(console.data)
    console.manage("migrate", "--verbosity=0")
    words = shlex.split(snippet("sh server").replace("\\\n", " ").replace("8000", str(console.port)))
    assert words[0] == ".venv/bin/uvicorn"
    command = [sys.executable, "-m", "uvicorn", *words[1:]]
    with console.log.open("wb") as log:
        console.process = subprocess.Popen(command, cwd=ROOT, env=console.environment(), stdout=log, stderr=log)
    try:
        eventually(console.answers, within=40, what="the console answers")
        yield console
    finally:
        console.stop()


@pytest.fixture
def nginx(served, tmp_path):
    """nginx with the page's server before one console."""
    with a_proxy(snippet("nginx").replace("127.0.0.1:8000", f"127.0.0.1:{served.port}"), tmp_path) as proxy:
        yield proxy


@contextmanager
def a_proxy(page, tmp_path):
    """nginx with a server of the page, a certificate of its own, on a free port; a browser before it, and the port."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/sbin") or unavailable("nginx")
    port, key, certificate = free_port(), tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=console.example", "-days", "2", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject], check=True, capture_output=True
    )
    text = (
        page.replace("listen 443", f"listen 127.0.0.1:{port}")
        .replace("/etc/ssl/console.example.pem", str(certificate))
        .replace("/etc/ssl/console.example.key", str(key))
    )
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"daemon off; pid {tmp_path}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {folders}\n{text}\n}}"
    )
    process = subprocess.Popen([program, "-c", str(config), "-p", str(tmp_path)], stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(
            base_url=f"https://127.0.0.1:{port}", verify=False, headers={"Host": "console.example"}, timeout=20
        ) as browser:
            eventually(lambda: answers(browser), what="nginx answers")
            yield browser, port
    finally:
        process.terminate()
        process.wait(10)


def answers(browser) -> bool:
    try:
        return browser.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_people_sign_in_through_the_proxy_and_are_known_by_their_address(served, nginx):
    browser, _ = nginx
    assert browser.get("/metrics").status_code == 401, "through a proxy nobody is at this computer"
    assert browser.get("/").headers["Location"].startswith("/login/")
    browser.get("/login/")
    signed_in = browser.post(
        "/login/",
        data={"password": "sesame", "csrfmiddlewaretoken": browser.cookies.get("perspt_csrf", "")},
        headers={"Origin": "https://console.example", "Referer": "https://console.example/login/"},
    )

    assert (signed_in.status_code, "Secure" in signed_in.headers["set-cookie"]) == (302, True)
    page = browser.get("/")
    assert page.status_code == 200
    assert "wss://console.example" in page.headers["Content-Security-Policy"]


def test_sockets_streams_and_held_requests_come_through_at_once(served, nginx):
    browser, port = nginx
    token = served.token("watcher", "--scope", "observe", "--scope", "ask")
    headers = {"Authorization": f"Bearer {token}"}

    async def through_the_socket():
        import ssl

        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        address = f"wss://console.example:{port}/ws/events/"
        async with websockets.connect(
            address, host="127.0.0.1", port=port, ssl=trusting, additional_headers=headers
        ) as socket:
            return json.loads(await asyncio.wait_for(socket.recv(), 10))["kind"]

    assert asyncio.run(through_the_socket()) == "hello"
    with browser.stream("GET", "/api/events/stream", headers=headers) as stream:
        first = next(line for line in stream.iter_lines() if line.startswith("data: "))
        assert json.loads(first[6:])["kind"] == "hello"
    asked = browser.post("/api/v1/approvals", json={"agent": "watcher", "approval_kind": "x"}, headers=headers).json()
    waited = browser.get(f"/api/v1/approvals/{asked['id']}?wait=1", headers=headers)
    assert waited.json()["status"] == "pending"


def test_the_backup_line_leaves_one_file_for_its_owner(served, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    words = shlex.split(snippet("sh backup").replace("/var/backups/perspt", str(folder)))

    subprocess.run(
        [sys.executable, *words[1:]], cwd=ROOT, env=served.environment(), check=True, capture_output=True, timeout=60
    )

    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_service_starts_what_the_page_starts():
    command = " ".join(snippet("sh server").replace("\\\n", " ").split()).removeprefix(".venv/bin/")
    unit = re.search(r"^ExecStart=(.+)$", snippet("ini"), re.MULTILINE).group(1)

    assert unit.replace(" --no-access-log", "").endswith(command)


def test_the_units_are_valid(tmp_path):
    program = shutil.which("systemd-analyze") or unavailable("systemd")
    there = {"User=perspt": "User=root", "/opt/perspt/.venv/bin/": f"{sys.prefix}/bin/", "/opt/perspt": str(ROOT)}
    for name, kind in {"perspt.service": "ini", "perspt@8001.service": "ini template"}.items():
        text = snippet(kind)
        for word, ours in there.items():
            text = text.replace(word, ours)
        unit = tmp_path / name
        unit.write_text(text)

        outcome = subprocess.run(
            [program, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
        )

        said = [line for line in outcome.stderr.splitlines() if name in line or "Unknown" in line]
        assert said == []


def test_the_template_starts_what_the_unit_starts():
    units = [re.search(r"^ExecStart=(.+)$", snippet(kind), re.MULTILINE).group(1) for kind in ("ini", "ini template")]

    assert units[0].replace("--port 8000", "--port %i") == units[1]


def test_two_processes_behind_one_address_go_on_when_one_dies(start_console, postgres, redis, tmp_path):
    settings = {"DATABASE_URL": postgres.new_database(), "REDIS_URL": redis.url, "PERSPT_SECRET_KEY": "k" * 50}
    settings |= {"PERSPT_URL": "https://console.example", "PERSPT_TRUSTED_PROXIES": "127.0.0.1"}
    settings["PERSPT_PASSWORD"] = "sesame"
    consoles = [start_console(server="uvicorn", settings=settings) for _ in range(2)]
    upstream = snippet("nginx upstream")
    for console, port in zip(consoles, ("8001", "8002"), strict=True):
        upstream = upstream.replace(f"127.0.0.1:{port}", f"127.0.0.1:{console.port}")
    page = upstream + snippet("nginx").replace("http://127.0.0.1:8000", "http://perspt")
    headers = {"Authorization": f"Bearer {consoles[0].token('asker')}"}
    with a_proxy(page, tmp_path) as (browser, _):

        def ask(number):
            body = {"agent": "asker", "approval_kind": "x", "description": str(number)}
            return browser.post("/api/v1/approvals", json=body, headers=headers)

        assert [ask(number).status_code for number in range(6)] == [201] * 6
        consoles[0].kill()
        answers = [ask(number).status_code for number in range(6, 20)]
        assert set(answers) <= {201, 502}, "a request that may have reached the dead one is not repeated"
        assert answers[2:] == [201] * 12
        asked = browser.get("/api/v1/approvals?limit=100", headers=headers).json()["approvals"]
        numbers = [int(row["description"]) for row in asked]
        assert len(numbers) == len(set(numbers)) == 6 + answers.count(201)


def test_the_compose_file_is_whole():
    found = yaml.safe_load((ROOT / "compose.yaml").read_text())
    services, volumes = found["services"], found["volumes"]

    assert set(services) == {"postgres", "redis", "migrate", "console-1", "console-2", "nginx"}
    for name, service in services.items():
        assert {"image", "build"} & set(service), name
        assert set(service.get("depends_on", {})) <= set(services), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in volumes or (ROOT / source).exists(), volume
        for setting in service.get("environment", {}):
            known = {one.name for one in SETTINGS}
            assert setting in known or setting.startswith("POSTGRES_"), setting
    addresses = [one["networks"]["default"]["ipv4_address"] for name, one in services.items() if "networks" in one]
    proxy = (ROOT / "deploy" / "nginx.conf").read_text()
    assert [address for address in addresses if address not in proxy] == [
        services["console-1"]["environment"]["PERSPT_TRUSTED_PROXIES"]
    ]
    words = json.loads(re.search(r"^CMD (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE).group(1))
    command = snippet("sh server").replace("\\\n", " ").split()[1:]
    assert [word for word in command if word not in words] == ["127.0.0.1"]


def test_the_proxy_of_the_compose_file_is_the_one_of_the_page():
    ours = (ROOT / "deploy" / "nginx.conf").read_text()
    told = (snippet("nginx") + snippet("nginx upstream")).splitlines()
    differs = ("listen", "server_name", "ssl_", "proxy_pass", "server 127", "Host", "#")

    assert [line for line in told if line.strip() and line not in ours and not any(w in line for w in differs)] == []
