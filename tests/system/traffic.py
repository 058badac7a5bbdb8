"""Buyers who pay while processes come and go, and who ask again as the contract says they may."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.system.system import SETTLED, System

BUYERS = ("stripe", "stripe", "stripe", "paypal", "paypal")
REST = 0.1
TURNED_AWAY = 503


class Traffic:
    """Buyers who pay one order after another, each once the one before is settled.

    `links` are the charges answered 202, by the orders' identifiers; `settled` counts them by
    provider; `asked_again` counts the requests that got no answer, or were turned away.
    """

    def __init__(self, system: System) -> None:
        self.links: dict[str, str] = {}
        self.settled: Counter[str] = Counter()
        self.asked_again = 0
        self._system = system
        self._ends = threading.Event()
        self._faults: list[BaseException] = []

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Let them buy for the block."""
        buyers = [threading.Thread(target=self._buy, args=(provider,)) for provider in BUYERS]
        for buyer in buyers:
            buyer.start()
        try:
            yield
        finally:
            self._ends.set()
            for buyer in buyers:
                buyer.join()
        assert not self._faults, self._faults

    def flow(self) -> None:
        """Wait until charges have settled at each provider."""
        before = Counter(self.settled)
        self._system.until(
            lambda: self._faults or all(self.settled[each] > before[each] for each in BUYERS),
            "charges settle",
        )

    def _buy(self, provider: str) -> None:
        try:
            with self._system.sandbox.control() as payer:
                while not self._ends.is_set():
                    link = self._pay(provider)
                    if provider == "paypal":
                        self._until(link, {"requires-action"})
                        payer.approve_paypal(self._attributes(link)["provider-reference"])
                    self._until(link, SETTLED)
                    self.settled[provider] += 1
        except BaseException as fault:  # noqa: BLE001 the test's own thread raises it
            self._faults.append(fault)

    def _pay(self, provider: str) -> str:
        order = str(uuid.uuid4())
        told = self._insist(lambda: self._system.tell_of_order(order, provider))
        assert told.ok, told.text
        pays = {"stripe": "tok_visa"} if provider == "stripe" else {}
        answer = self._insist(lambda: self._system.charge(order, **pays))
        assert answer.status_code == 202, answer.text
        self.links[order] = str(answer.json()["data"]["links"]["self"])
        return self.links[order]

    def _until(self, link: str, wanted: set[str]) -> None:
        self._system.until(lambda: self._attributes(link)["status"] in wanted, f"{link}: {wanted}")

    def _attributes(self, link: str) -> dict[str, Any]:
        return dict(self._insist(lambda: self._system.get(link)).json()["data"]["attributes"])

    def _insist(self, ask: Callable[[], requests.Response]) -> requests.Response:
        """Ask until there is an answer: what got none may be asked for again."""
        while True:
            try:
                answer = ask()
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code != TURNED_AWAY:
                return answer
            self.asked_again += 1
            time.sleep(REST)
