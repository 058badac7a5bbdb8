"""What has come of a request so far, and whether that is all of it (RFC 9112 §6, §7.1)."""

from __future__ import annotations

import re
from typing import Final

LARGEST_HEAD: Final = 64 * 1024
LARGEST_BODY: Final = 1024 * 1024
"""Bytes, those of chunks' sizes included; whatever is longer is refused, not waited for."""

_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_EXPECTS: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_CHUNK_SIZE: Final = re.compile(rb"[0-9a-f]{1,12}", re.IGNORECASE)
_LONGEST_LINE: Final = 8190


class Arrival:
    """A request's bytes. What is no request counts as whole: gunicorn shall refuse it."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.received = bytearray()
        self._body_at = 0
        self._length: int | None = None
        """None: told by the chunks."""
        self._chunk_at = 0

    def take(self, piece: bytes) -> None:
        """Add what has come."""
        searched = max(0, len(self.received) - len(_END) + 1)
        self.received += piece
        if not self._body_at and (end := self.received.find(_END, searched)) >= 0:
            self._body_at = self._chunk_at = end + len(_END)
            head = self.received[: self._body_at]
            told = _LENGTH.search(head)
            self._length = None if _CHUNKED.search(head) else int(told[1]) if told else 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing more needs to come."""
        if not self._body_at:
            return len(self.received) > LARGEST_HEAD
        here = len(self.received) - self._body_at
        if self._length is None:
            return here > LARGEST_BODY or self._has_last_chunk()
        return self._length > LARGEST_BODY or here >= self._length

    @property
    def is_awaited(self) -> bool:
        """Whether the client sends its body only when told to go on (RFC 9110 §10.1.1)."""
        head = self.received[: self._body_at]
        return len(self.received) == self._body_at and bool(_EXPECTS.search(head))

    def _has_last_chunk(self) -> bool:
        while (line_end := self.received.find(b"\r\n", self._chunk_at)) >= 0:
            size = self.received[self._chunk_at : line_end].partition(b";")[0].strip()
            if not _CHUNK_SIZE.fullmatch(size):
                return True
            if not int(size, 16):
                trailers = len(self.received) - line_end
                return self.received.find(_END, line_end) >= 0 or trailers > LARGEST_HEAD
            self._chunk_at = line_end + int(size, 16) + 2 * len(b"\r\n")
        return len(self.received) - self._chunk_at > _LONGEST_LINE
