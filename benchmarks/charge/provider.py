"""A provider that costs next to nothing: it takes its time, then answers as the sandbox did.

The sandbox keeps a ledger, keys and faults, which takes 3 ms of a core for each charge: half of
what is measured here. So it answers one charge, and this repeats its answer with each charge's own
ids: equal for an equal key. `python -m benchmarks.charge.provider PORT SECONDS ANSWER`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sys
import time
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlencode

import requests

SECONDS: Final = 0.5
"""From a whole request to its answer, as a rule."""

_HEAD: Final = (
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nRequest-Id: req_{mark}\r\n"
    "Content-Length: {length}\r\n\r\n"
)
_CHARGE, _ORDER, _MARK = "the-charge", "the-order", "the-mark"
_PARAMETERS: Final = {
    "amount": "1999",
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "confirm": "true",
    "automatic_payment_methods[enabled]": "true",
    "automatic_payment_methods[allow_redirects]": "never",
    "metadata[charge]": _CHARGE,
    "metadata[order]": _ORDER,
    "expand[]": "latest_charge",
}


def record(sandbox_url: str, key: str, path: Path) -> None:
    """Have the sandbox answer one charge, and keep that."""
    answer = requests.post(
        f"{sandbox_url}/v1/payment_intents",
        data=_PARAMETERS,
        headers={"Authorization": f"Bearer {key}"},
        timeout=10,
    )
    answer.raise_for_status()
    intent = answer.json()
    text = json.dumps(intent).replace(intent["latest_charge"]["id"], f"ch_{_MARK}")
    path.write_text(text.replace(intent["id"], f"pi_{_MARK}"))


class Provider:
    """Answers every request with the recorded PaymentIntent, after so many seconds."""

    def __init__(self, recorded: str, seconds: float = SECONDS) -> None:
        self._recorded = recorded
        self._seconds = seconds

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests, until it ends."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(_header(head, b"content-length")))
                await asyncio.sleep(self._seconds)
                writer.write(self._answer(_header(head, b"idempotency-key"), body.decode()))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, key: bytes, body: str) -> bytes:
        given = parse_qs(body)
        mark = hashlib.sha256(key).hexdigest()[:24]
        answer = self._recorded.replace(_MARK, mark)
        answer = answer.replace(_CHARGE, given["metadata[charge]"][0])
        answer = answer.replace(_ORDER, given["metadata[order]"][0])
        return (_HEAD.format(mark=mark, length=len(answer)) + answer).encode()


def _header(head: bytes, name: bytes) -> bytes:
    found = re.search(rb"(?i)\r\n" + name + rb": *([^\r]*)", head)
    return found[1] if found else b"0"


async def main(port: int, seconds: float, recorded: str) -> None:
    """Serve on loopback until killed."""
    provider = Provider(recorded, seconds)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


async def rate(port: int, connections: int, seconds: float) -> float:
    """Answers per second that a bare client gets over so many connections, each always asking."""
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    began = time.monotonic()
    answers = await asyncio.gather(*(_ask(*one, began + seconds) for one in opened))
    return sum(answers) / (time.monotonic() - began)


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, end: float) -> int:
    body = urlencode(_PARAMETERS)
    request = f"POST / HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    answers = 0
    while time.monotonic() < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(_header(head, b"content-length")))
        answers += 1
    writer.close()
    return answers


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]).read_text()))
