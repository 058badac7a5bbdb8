import asyncio
from pathlib import Path
from typing import Any

import requests

from benchmarks.charge.provider import Provider, record
from shared.domain.outcomes import Approved
from shared.providers.stripe.answers import read_intent


def test_the_benchmarks_provider_answers_as_the_sandbox_with_each_charges_own_ids(
    sandbox_url: str, tmp_path: Path
) -> None:
    record(sandbox_url, "sk_test_recorded", tmp_path / "answer.json")
    provider = Provider((tmp_path / "answer.json").read_text())

    one, again, other = asyncio.run(_answers(provider, [("a", "7"), ("a", "7"), ("b", "8")]))

    outcomes = [read_intent(answer, None) for answer in (one, other)]
    assert all(isinstance(outcome, Approved) for outcome in outcomes)
    assert one == again
    assert one["metadata"] == {"charge": "7", "order": "7"}
    assert {one[name] == other[name] for name in ("id", "client_secret", "metadata")} == {False}
    assert one["latest_charge"]["id"] != other["latest_charge"]["id"]


async def _answers(provider: Provider, asked: list[tuple[str, str]]) -> list[dict[str, Any]]:
    async with await asyncio.start_server(provider.serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        asking = (asyncio.to_thread(_ask, port, key, charge) for key, charge in asked)
        return await asyncio.gather(*asking)


def _ask(port: int, key: str, charge: str) -> dict[str, Any]:
    answer = requests.post(
        f"http://127.0.0.1:{port}/v1/payment_intents",
        data={"metadata[charge]": charge, "metadata[order]": charge},
        headers={"Idempotency-Key": key, "Connection": "close"},
        timeout=20,
    )
    return dict(answer.json())
