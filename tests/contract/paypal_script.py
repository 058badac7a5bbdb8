"""A PayPal that says what it is told to, for answers that the sandbox does not give."""

import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shared.providers.http import CallLimits
from shared.providers.paypal import PayPalConfig

TOKEN_PATH = "/v1/oauth2/token"
TOKEN = {"access_token": "A21AA-bearer-secret", "token_type": "Bearer", "expires_in": 32400}
LIMITS = CallLimits(connect_timeout=10, read_timeout=30, total_deadline=60)


@dataclass(frozen=True)
class Answer:
    """One answer, after `seconds`."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    gate: threading.Event | None = None

    @property
    def content(self) -> bytes:
        """JSON unless it is bytes already."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class ScriptedPayPal:
    """A web server with a list of answers per path; the last one is given for ever."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        self.says("POST", TOKEN_PATH, Answer(body=TOKEN))

    def says(self, method: str, path: str, *answers: Answer) -> None:
        """Set what a path answers from now on."""
        self._answers[method, path] = list(answers)

    def count(self, method: str, path: str) -> int:
        """How often a path was asked."""
        return sum((each.method, each.path) == (method, path) for each in self.asked)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def config(self, limits: CallLimits = LIMITS) -> PayPalConfig:
        """What an adapter for it is told."""
        return PayPalConfig(
            client_id="client",
            client_secret="client-secret",
            mode="sandbox",
            webhook_id="WH-1",
            cert_roots_pem=b"unused",
            return_url="https://shop.example.com/return",
            cancel_url="https://shop.example.com/cancel",
            api_base=self.url,
            limits=limits,
        )

    def answer(self, asked: Asked) -> Answer:
        """Note a request, and give the next answer of its path."""
        self.asked.append(asked)
        answers = self._answers[asked.method, asked.path]
        return answers.pop(0) if len(answers) > 1 else (answers or [Answer(404)])[0]

    def __enter__(self) -> "ScriptedPayPal":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def problem(issue: str, name: str = "UNPROCESSABLE_ENTITY") -> dict[str, Any]:
    """PayPal's v2 way of saying no."""
    return {"name": name, "details": [{"issue": issue}], "debug_id": "d1"}


def _handler(paypal: ScriptedPayPal) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(self.command, self.path, dict(self.headers.items()), body)
            answer = paypal.answer(asked)
            if answer.gate:
                answer.gate.wait(30)
            head = f"HTTP/1.1 {answer.status} X\r\nContent-Length: {len(answer.content)}\r\n"
            lines = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
            self.wfile.write(f"{head}{lines}Connection: close\r\n\r\n".encode() + answer.content)
            self.close_connection = True

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
