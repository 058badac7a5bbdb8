"""All that a system has told anybody, to be searched."""

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import requests
from redis.client import PubSub

from chaos.leaks import files
from shared.vault import Vault
from tests.sandbox.listener import Delivery, Listener
from tests.system.system import System

Text = tuple[str, bytes]
"""Where it was told, and what."""


class SentrySink(Listener):
    """Takes Sentry's envelopes (develop.sentry.dev/sdk/foundations/envelopes)."""

    def dsn(self, key: str) -> str:
        """What SENTRY_DSN is."""
        return f"{self.url.removesuffix('/webhooks')}/1".replace("://", f"://{key}@")

    def events(self) -> list[dict[str, Any]]:
        """What came, without the envelope, which holds the key that let it in."""
        return [json.loads(_body(came).splitlines()[2]) for came in list(self.deliveries)]


class Answers(requests.Session):
    """A client that keeps every answer, headers included."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.kept: list[Text] = []
        self.hooks["response"].append(self._keep)

    def _keep(self, answer: requests.Response, **_: object) -> None:
        asked = f"{answer.request.method} {answer.request.path_url.partition('?')[0]}"
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        text = f"{head}\n{answer.text}".encode()
        self.kept.append((f"the answer {answer.status_code} to {asked}", text))


def sealed_in(system: System) -> dict[str, str]:
    """What is sealed in the database but for instruments, opened."""
    rows = system.sql("""
        SELECT secret FROM outbound_secrets UNION ALL
        SELECT unnest(ARRAY[access_token, refresh_token]) FROM stripe_authorizations
    """)
    vault = Vault([system.keys.ENCRYPTION_KEYS])
    return {f"sealed {place}": vault.open(bytes(row[0])) for place, row in enumerate(rows)}


def logs(system: System) -> Iterator[Text]:
    """What the processes said, the sandbox's aside."""
    return (told for told in files(system.folder) if told[0] != "sandbox.log")


def rows(system: System) -> Iterator[Text]:
    """Every row of every table, but for bytes: what is sealed, and providers' own events."""
    tables = system.sql("""
        SELECT table_name, string_agg(format('%I', column_name), ', ')
        FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type <> 'bytea' GROUP BY table_name
    """)
    for table, columns in tables:
        told = system.sql(f"SELECT ROW({columns})::text FROM {table}")  # noqa: S608
        yield f"the table {table}", "\n".join(row[0] for row in told).encode()


def events(heard: PubSub) -> Iterator[bytes]:
    """What passed through Redis and stayed nowhere: what workers tell of their tasks."""
    while message := heard.get_message():
        if message["type"] == "pmessage":
            yield base64.b64decode(json.loads(message["data"])["body"])


def _body(came: Delivery) -> bytes:
    is_packed = came.headers.get("Content-Encoding") == "gzip"
    return gzip.decompress(came.body) if is_packed else came.body
