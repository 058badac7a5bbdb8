"""The search for secrets where none may be: logs, Redis, what the shop was told."""

from __future__ import annotations

import contextlib
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import redis

from local.development_keys import DevelopmentKeys

_PUBLIC: Final = frozenset({"STRIPE_CLIENT_ID", "PAYPAL_CLIENT_ID", "PAYPAL_WEBHOOK_ID"})
_LOOK_SECONDS: Final = 2.0
_HEAD: Final = 4


class RedisWatch:
    """Keeps what passes through Redis that is secret, for the block: it looks every two seconds."""

    def __init__(self, url: str, secrets: Mapping[str, str]) -> None:
        self._url, self._secrets = url, secrets
        self.found: set[str] = set()
        self.looks = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> RedisWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            with contextlib.suppress(redis.RedisError):
                self.look()

    def look(self) -> None:
        """Search all of Redis once."""
        with redis.Redis.from_url(self._url, socket_timeout=5) as client:
            texts = {"Redis": b"\n".join(_values(client))}
        self.found |= set(leaks(texts.items(), self._secrets))
        self.looks += 1


def _values(client: redis.Redis) -> Iterator[bytes]:
    for key in client.scan_iter(count=1000):
        yield bytes(key)
        with contextlib.suppress(redis.ResponseError):
            yield client.dump(key) or b""


def of_keys(keys: DevelopmentKeys) -> dict[str, str]:
    """The run's keys and secrets, by their names."""
    return {name: value for name, value in asdict(keys).items() if name not in _PUBLIC}


def leaks(texts: Iterable[tuple[str, bytes]], secrets: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each secret in each text, which names it and does not tell it."""
    names = {value.encode(): name for name, value in secrets.items()}
    # Thousands of tokens begin alike: one search finds the beginnings, a table what follows.
    sizes: defaultdict[bytes, set[int]] = defaultdict(set)
    for value in names:
        sizes[value[:_HEAD]].add(len(value))
    beginning = re.compile(b"(?=(" + b"|".join(map(re.escape, sizes)) + b"))")
    for place, text in texts:
        begun = ((found[1], found.start()) for found in beginning.finditer(text))
        told = {text[at : at + size] for head, at in begun for size in sizes[head]}
        for value in sorted(told & names.keys()):
            yield f"The secret {names[value]} is in {place}."


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every log, by its name."""
    for path in sorted(folder.glob("*.log")):
        yield path.name, path.read_bytes()
