"""Who may, on a console that is really served: an agent on the same computer, and proxies that look like it."""

import json
import subprocess

import httpx
import pytest

from tests.harness.waiting import eventually, free_port, unavailable

pytestmark = pytest.mark.slow

SERVERS = pytest.mark.parametrize("server", ["runserver", "uvicorn"])


def nginx() -> str:
    import shutil

    return shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/sbin") or unavailable("nginx")


@pytest.fixture
def proxied(tmp_path):
    """Starts nginx in front of a port, with nothing but `proxy_pass` and what the test adds."""
    running = []

    def start(port: int, *lines: str) -> str:
        own = free_port()
        config = tmp_path / "nginx.conf"
        extra = "".join(f"proxy_set_header {line};" for line in lines)
        config.write_text(
            f"daemon off; pid {tmp_path}/nginx.pid; error_log stderr; events {{}}"
            f"http {{ access_log off; client_body_temp_path {tmp_path}/b; proxy_temp_path {tmp_path}/p;"
            f" fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;"
            f" server {{ listen 127.0.0.1:{own};"
            f" location / {{ proxy_pass http://127.0.0.1:{port}; {extra} }} }} }}"
        )
        running.append(subprocess.Popen([nginx(), "-c", str(config), "-p", str(tmp_path)], stderr=subprocess.DEVNULL))
        url = f"http://127.0.0.1:{own}"
        eventually(lambda: answers(url), what="nginx answers")
        return url

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


@SERVERS
def test_an_agent_on_the_same_computer_cannot_answer_its_own_request(start_console, server):
    console = start_console(server=server)
    token = console.token("agent", "--scope", "ask", "--scope", "read", "--scope", "report", "--scope", "observe")
    with console.machine(token) as agent, console.anyone(follow_redirects=False) as curl, console.client() as operator:
        asked = agent.post("/api/v1/approvals", json={"agent": "mara", "approval_kind": "run", "command": "ls"}).json()
        verdict = {"status": "approved", "digest": asked["digest"]}
        resolve = f"/api/v1/approvals/{asked['id']}/resolve"
        form = {"verdict": "approve", "digest": asked["digest"], "sure": "on"}

        refused = [
            agent.post(resolve, json=verdict),
            curl.post(resolve, json=verdict),
            curl.post(f"/queue/{asked['id']}/resolve/", data=form),
            agent.post(f"/queue/{asked['id']}/resolve/", data=form),
            curl.get("/", params={"key": "guess"}),
            curl.get("/", params={"key": console.launch_key()}),  # used already
            curl.get("/api/state"),
            curl.get(f"/queue/{asked['id']}/"),
        ]

        assert {answer.status_code for answer in refused} <= {401, 403}
        assert agent.get(f"/api/v1/approvals/{asked['id']}").json()["status"] == "pending"
        assert operator.post(resolve, json=verdict).json()["resolved_by"] == "operator@127.0.0.1"


@SERVERS
def test_a_restart_prints_another_key_and_the_cookie_outlives_it(start_console, server):
    console = start_console(server=server)
    first = console.launch_key()
    console.cookies()

    console.restart()

    assert console.launch_key() != first
    assert f"http://127.0.0.1:{console.port}/?key=" in console.output()
    assert console.client().get("/").status_code == 200
    assert first not in console.output()


@SERVERS
def test_an_open_console_is_open_to_this_computer_and_to_no_proxy_on_it(start_console, proxied, server):
    console = start_console(server=server, settings={"PERSPT_OPEN": "1"})

    assert console.anyone().get("/").status_code == 200
    assert console.anyone().get("/", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401
    assert httpx.get(proxied(console.port)).status_code == 401


def test_behind_a_trusted_proxy_people_sign_in_by_https(start_console, proxied):
    console = start_console(
        settings={
            "PERSPT_URL": "https://console.example",
            "PERSPT_TRUSTED_PROXIES": "127.0.0.1",
            "PERSPT_PASSWORD": "sesame",
        }
    )
    told = ("Host console.example", "X-Forwarded-For 192.0.2.7", "X-Forwarded-Proto https")
    url = proxied(console.port, *told)

    plain = httpx.post(
        f"http://127.0.0.1:{console.port}/login", data={"password": "sesame"}, headers={"Host": "console.example"}
    )
    signed_in = httpx.post(f"{url}/login", data={"password": "sesame"})
    session = signed_in.cookies["perspt_session"]

    assert plain.status_code == 403
    assert signed_in.status_code == 302
    assert "Secure" in signed_in.headers["set-cookie"]
    state = httpx.get(f"{url}/api/v1/tokens", headers={"Cookie": f"perspt_session={session}"})
    assert state.status_code == 200
    assert "by password@192.0.2.7 from 192.0.2.7" in console.output()


@SERVERS
def test_a_body_without_end_is_cut_off(start_console, server):
    console = start_console(server=server)
    token = console.token()

    def pieces():
        for _ in range(64):
            yield b" " * 2**17

    with console.machine(token) as agent:
        try:
            status = agent.post("/api/v1/approvals", content=pieces()).status_code
        except httpx.TransportError:
            status = 413  # it hung up while we were still sending
        declared = agent.post("/api/v1/approvals", content=b" " * (2**20 + 1))

    assert status == 413
    assert (declared.status_code, declared.json()["error"]["code"]) == (413, "too_large")


def test_the_command_line_makes_and_revokes_tokens(console):
    text = console.manage("create_token", "box", "--agent", "box-*", "--scope", "read").strip().splitlines()[-1]
    with console.machine(text) as agent:
        assert agent.get("/api/state").status_code == 200
        console.manage("revoke_token", "box", "--reason", "moved")
        assert agent.get("/api/state").status_code == 401
    with console.client() as operator:
        rows = operator.get("/api/v1/tokens").json()["tokens"]
    assert (rows[0]["agents"], rows[0]["scopes"], rows[0]["host"]) == (["box-*"], ["read"], "box")
    assert json.dumps(rows).count(text) == 0
