"""The faults that falsify an answer's bytes."""

import json
from collections.abc import Callable
from dataclasses import replace

from sandbox.call import Call, Dialect
from sandbox.faults import Fault
from sandbox.reply import Reply

PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
TITLES = {"502": "502 Bad Gateway", "503": "503 Service Unavailable", "504": "504 Gateway Time-out"}

Falsifier = Callable[[Dialect, Call, Fault, Reply], Reply]


def falsified(dialect: Dialect, call: Call, fault: Fault, reply: Reply) -> Reply:
    """Return what a REPLY fault makes of a committed answer."""
    return replace(FALSIFIERS[fault.name](dialect, call, fault, reply), truthful=False)


def gate_reply(dialect: Dialect, call: Call, fault: Fault) -> Reply:
    """Return the answer of a GATE fault."""
    if fault.name in TITLES:
        return html_page(fault.name)
    if fault.name == "302":
        location = str(fault.arguments.get("location", "https://example.com/moved"))
        return Reply(302, b"", {"Location": location})
    return dialect.canned(call, fault)


def html_page(status: str) -> Reply:
    """Return the page a proxy shows when what is behind it is away."""
    return Reply(int(status), PAGE.format(TITLES[status]).encode(), content_type="text/html")


def _proxy_page(_: Dialect, __: Call, fault: Fault, ___: Reply) -> Reply:
    return html_page(fault.name)


def _malformed(_: Dialect, __: Call, ___: Fault, reply: Reply) -> Reply:
    return replace(reply, body=reply.body.rstrip(b"}") + b',"')


def _empty(_: Dialect, __: Call, ___: Fault, reply: Reply) -> Reply:
    return replace(reply, body=b"")


def _wrong_shape(_: Dialect, __: Call, fault: Fault, reply: Reply) -> Reply:
    return replace(reply, body=json.dumps(fault.arguments.get("body", {})).encode())


def _wrong_content_type(_: Dialect, __: Call, ___: Fault, reply: Reply) -> Reply:
    return replace(reply, content_type="text/html")


def _huge(_: Dialect, __: Call, fault: Fault, reply: Reply) -> Reply:
    ballast = b" " * int(fault.arguments.get("bytes", 8 * 1024 * 1024))
    return replace(reply, body=reply.body + ballast)


def _mixed_up(dialect: Dialect, call: Call, _: Fault, reply: Reply) -> Reply:
    return dialect.mixed_up(call, reply)


FALSIFIERS: dict[str, Falsifier] = {
    "502": _proxy_page,
    "503": _proxy_page,
    "504": _proxy_page,
    "malformed_json": _malformed,
    "empty_body": _empty,
    "wrong_shape": _wrong_shape,
    "wrong_content_type": _wrong_content_type,
    "huge_body": _huge,
    "id_mixup": _mixed_up,
}
