"""The answer to one HTTP request, before the wire touches it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers, body of an answer.

    `storable` says whether an idempotency store may keep it (a refusal of malformed parameters is
    not kept); `truthful` is False for an answer that hides or falsifies what was done;
    `replayed` marks the stored answer to an earlier request.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE
    storable: bool = True
    truthful: bool = True
    replayed: bool = False

    def with_headers(self, **headers: str) -> "Reply":
        """Return a copy with more headers; underscores in names become dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})

    def json(self) -> Json:
        """Return the parsed body, an object."""
        parsed: Json = json.loads(self.body)
        return parsed


class Refused(Exception):
    """The request is answered with `reply` at once, nothing is executed."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def json_reply(payload: object, status: int = 200, *, storable: bool = True) -> Reply:
    """Serialise `payload` compactly."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status=status, body=body, storable=storable)
