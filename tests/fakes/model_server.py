"""A Messages API that follows a script, so that the real Claude Code can be run without a model.

Loopback only, on a free port. Each request of the conversation takes the next step of the script; requests without
tools are side questions (a title) and get a short text. What was asked is kept, so that a test can see what reached
the model: the result of a tool, the reason of a denial.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Lock, Thread
from typing import Any, Self


@dataclass(frozen=True)
class Use:
    """The model uses a tool."""

    name: str
    input: dict[str, Any]


def use(name: str, **given: Any) -> Use:
    return Use(name, given)


Step = str | Use | Sequence[Use]  # words end the turn; several uses are parallel calls
Script = Sequence[Step] | Callable[[dict[str, Any]], Step]  # a function sees the request, to tell agents apart


@dataclass
class ModelServer:
    """`with ModelServer([use("Bash", command="ls"), "Done."]) as model:` then point the agent at `model.url`."""

    script: Script = ()
    requests: list[dict[str, Any]] = field(default_factory=list)  # bodies of the conversation, in order
    side_requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)  # every request line

    def __enter__(self) -> Self:
        self.lock, self.numbers = Lock(), count(1)
        self.server = _Server(self)
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def tool_results(self) -> list[str]:
        """The texts of all tool results that the last request carried, oldest first."""
        last = self.requests[-1]["messages"] if self.requests else []
        blocks = [block for message in last if isinstance(message["content"], list) for block in message["content"]]
        return [_text(block.get("content")) for block in blocks if block.get("type") == "tool_result"]

    def answer(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """The content blocks of the next answer."""
        with self.lock:
            if not body.get("tools"):
                self.side_requests.append(body)
                return [{"type": "text", "text": "A made-up title"}]
            step = self.next_step(body)
            self.requests.append(body)
            if isinstance(step, str):
                return [{"type": "text", "text": step}]
            uses = [step] if isinstance(step, Use) else step
            return [
                {"type": "tool_use", "id": f"toolu_{next(self.numbers):06}", "name": one.name, "input": one.input}
                for one in uses
            ]

    def next_step(self, body: dict[str, Any]) -> Step:
        if callable(self.script):
            return self.script(body)
        return self.script[len(self.requests)] if len(self.requests) < len(self.script) else "Done."


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(_text(block.get("text")) for block in content)
    return content if isinstance(content, str) else ""


def _stream(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of one streamed message."""
    yield {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}}
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            start, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            start = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield {"type": "content_block_start", "index": index, "content_block": start}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": end, "usage": {"output_tokens": 20}}
    yield {"type": "message_stop"}


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the model that its server belongs to."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.reply(b"")

    def do_GET(self) -> None:
        self.reply(b"{}")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        self.server.model.paths.append(f"POST {self.path}")
        path = self.path.split("?")[0]
        if path.endswith("/count_tokens"):
            self.reply(b'{"input_tokens": 100}')
        elif path.endswith("/messages"):
            self.message(body)
        else:
            self.reply(b"{}")

    def message(self, body: dict[str, Any]) -> None:
        content = self.server.model.answer(body)
        uses_tools = any(block["type"] == "tool_use" for block in content)
        message = {
            "id": f"msg_{next(self.server.model.numbers):06}",
            "type": "message",
            "role": "assistant",
            "model": body.get("model", "claude-made-up"),
            "content": content,
            "stop_reason": "tool_use" if uses_tools else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 100, "output_tokens": 1},
        }
        if not body.get("stream"):
            self.reply(json.dumps(message).encode())
            return
        events = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in _stream(message)]
        self.reply("".join(events).encode(), "text/event-stream")

    def reply(self, body: bytes, kind: str = "application/json") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, model: ModelServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = model

    def handle_error(self, *_: object) -> None:
        """An agent that is killed hangs up in the middle: that is what some tests are about."""
