"""A server of one page of raw bytes, for faults that no HTTP framework would make."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Script = Callable[[socket.socket], None]


def reply(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A whole answer, closed after it."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers)
    return "\r\n".join((*lines, "", "")).encode() + body


def in_turn(*scripts: Script) -> Script:
    """The first script for the first connection, and so on; the last one for all that follow."""
    left = list(scripts)
    lock = threading.Lock()

    def script(connection: socket.socket) -> None:
        with lock:
            mine = left.pop(0) if len(left) > 1 else left[0]
        mine(connection)

    return script


@contextlib.contextmanager
def serving(script: Script) -> Iterator[tuple[str, list[bytes]]]:
    """Play the script to every connection after its request; gives the address, the requests."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_accept, args=(server, script, requests), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", requests
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
    thread.join()


def _accept(server: socket.socket, script: Script, requests: list[bytes]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_play, args=(connection, script, requests), daemon=True).start()


def _play(connection: socket.socket, script: Script, requests: list[bytes]) -> None:
    with connection, contextlib.suppress(OSError):
        requests.append(_read_request(connection))
        script(connection)


def _read_request(connection: socket.socket) -> bytes:
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = seen.partition(b"\r\n\r\n")
    length = next(
        (
            int(line[15:])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
