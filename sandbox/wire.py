"""How an answer reaches the socket, or fails to."""

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from http import HTTPStatus

from aiohttp import web

from sandbox.faults import Fault
from sandbox.reply import Reply

POLL_SECONDS = 0.02
LINGER_ZERO = struct.pack("ii", 1, 0)

Outcome = tuple[int, bool]
Sender = Callable[[web.Request, Fault, Reply], Awaitable[Outcome]]


async def send(request: web.Request, reply: Reply) -> tuple[web.StreamResponse, int, bool]:
    """Write the whole answer; return it with the bytes sent, whether the client was there."""
    response = web.Response(
        status=reply.status,
        body=reply.body,
        headers={**reply.headers, "Content-Type": reply.content_type},
    )
    if gone(request):
        return response, 0, False
    try:
        await response.prepare(request)
        await response.write_eof()
    except ConnectionError:
        return response, 0, False
    return response, len(reply.body), not gone(request)


async def send_badly(
    request: web.Request, fault: Fault, reply: Reply
) -> tuple[web.StreamResponse, int, bool]:
    """Play a WIRE fault; the connection is over afterwards."""
    sent, delivered = await SENDERS[fault.name](request, fault, reply)
    return web.Response(status=reply.status), sent, delivered


def gone(request: web.Request) -> bool:
    """Say whether the client has closed the connection."""
    return request.transport is None or request.transport.is_closing()


async def hang(request: web.Request, fault: Fault) -> None:
    """Keep silent until the client gives up, at most `seconds` (600); then close."""
    until = time.monotonic() + float(fault.arguments.get("seconds", 600))
    # aiohttp tells a handler that outlives its client nothing, hence the polling.
    while not gone(request) and time.monotonic() < until:  # noqa: ASYNC110
        await asyncio.sleep(POLL_SECONDS)
    close(request)


def close(request: web.Request) -> None:
    """Close the connection in an orderly way, after what was written."""
    if request.transport is not None:
        request.transport.close()


def reset(request: web.Request) -> None:
    """Break the connection with a TCP RST."""
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
    request.transport.abort()


def _head(reply: Reply, **framing: str) -> bytes:
    named = {key.replace("_", "-"): value for key, value in framing.items()}
    headers = {**reply.headers, "Content-Type": reply.content_type, **named}
    headers |= {"Date": formatdate(usegmt=True), "Connection": "close"}
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def _write(request: web.Request, data: bytes) -> int:
    if request.transport is None:
        return 0
    request.transport.write(data)
    return len(data)


async def _hang(request: web.Request, fault: Fault, _: Reply) -> Outcome:
    await hang(request, fault)
    return 0, False


async def _reset(request: web.Request, _: Fault, __: Reply) -> Outcome:
    reset(request)
    return 0, False


async def _close(request: web.Request, _: Fault, __: Reply) -> Outcome:
    close(request)
    return 0, False


async def _truncate(request: web.Request, _: Fault, reply: Reply) -> Outcome:
    half = reply.body[: len(reply.body) // 2]
    sent = _write(request, _head(reply, Content_Length=str(len(reply.body))) + half)
    close(request)
    return sent, False


async def _truncate_chunks(request: web.Request, _: Fault, reply: Reply) -> Outcome:
    half = reply.body[: len(reply.body) // 2]
    chunk = b"%x\r\n%b\r\n" % (len(half), half)
    sent = _write(request, _head(reply, Transfer_Encoding="chunked") + chunk)
    close(request)
    return sent, False


async def _drip(request: web.Request, fault: Fault, reply: Reply) -> Outcome:
    pause = float(fault.arguments.get("ms", 100)) / 1000
    piece = int(fault.arguments.get("bytes", 1))
    sent = _write(request, _head(reply, Content_Length=str(len(reply.body))))
    for start in range(0, len(reply.body), piece):
        if gone(request):
            return sent, False
        sent += _write(request, reply.body[start : start + piece])
        await asyncio.sleep(pause)
    delivered = not gone(request)
    close(request)
    return sent, delivered


SENDERS: dict[str, Sender] = {
    "hang_after": _hang,
    "reset_after": _reset,
    "close_after": _close,
    "truncate_after": _truncate,
    "chunked_truncation": _truncate_chunks,
    "slow_body": _drip,
}
