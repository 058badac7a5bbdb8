"""The robot: acts as payers who are asked to, wants money back, comes with another card."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Final

import psycopg2

from chaos.load import Bought, Load, Refused
from chaos.stories import Way, major
from local.demo.stories import Act

_LOOK_SECONDS: Final = 0.5
_AGAIN_SECONDS: Final = 10.0
_HANDS: Final = 8
ROOM: Final = 100
"""Charges and webhooks that may wait at once: so the machine sets the pace, however fast it is."""
_STANDING: Final = "SELECT id, status, provider_reference FROM charges WHERE id = ANY(%s)"
_UNHANDLED: Final = "SELECT count(*) FROM webhook_events WHERE handled_at IS NULL"
_ENDS: Final = frozenset({"succeeded", "failed", "canceled", "needs_review"})


class Robot:
    """What follows a 202, for the block. It sees the database, as a person sees the page."""

    def __init__(self, load: Load, database_url: str) -> None:
        self._load, self._database_url = load, database_url
        self.acted: dict[int, list[float]] = {}
        """When each payer did what was asked."""
        self._tried: dict[int, float] = {}
        self._done: set[int] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._hands = ThreadPoolExecutor(_HANDS)

    def __enter__(self) -> Robot:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._hands.shutdown(cancel_futures=True)

    def _follow(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            with contextlib.suppress(psycopg2.Error):
                standing, unhandled = self._look()
                for charge, status, reference in standing:
                    self._consider(charge, status, reference)
                waiting = sum(row[1] not in _ENDS for row in standing)
                self._load.is_full = max(waiting, unhandled) >= ROOM

    def _look(self) -> tuple[list[tuple[int, str, str]], int]:
        open_ones = [one for one in list(self._load.record.charges) if one not in self._done]
        connection = psycopg2.connect(self._database_url, connect_timeout=5)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 5000")
            cursor.execute(_STANDING, (open_ones,))
            standing = cursor.fetchall()
            cursor.execute(_UNHANDLED)
            ((unhandled,),) = cursor.fetchall()
            return standing, unhandled

    def _consider(self, charge: int, status: str, reference: str) -> None:
        bought = self._load.record.charges[charge]
        if status in _ENDS:
            self._done.add(charge)
            self._hands.submit(self._afterwards, charge, bought, status)
        elif status == "requires_action" and self._is_time_to_act(charge):
            self._tried[charge] = time.time()
            self._hands.submit(self._act, charge, bought, reference)

    def _is_time_to_act(self, charge: int) -> bool:
        return time.time() - self._tried.get(charge, 0) > _AGAIN_SECONDS

    def _act(self, charge: int, bought: Bought, reference: str) -> None:
        story = bought.way.story
        with contextlib.suppress(Refused), self._load.town.control() as control:
            if story.act is Act.APPROVE or reference.startswith("PAY"):
                self._load.insist(lambda: control.approve_paypal(reference, payer=story.payer))
            else:
                outcome = "fail" if story.act is Act.FAIL_AUTHENTICATION else "succeed"
                self._load.insist(lambda: control.authenticate(reference, outcome))
            self.acted.setdefault(charge, []).append(time.time())

    def _afterwards(self, charge: int, bought: Bought, status: str) -> None:
        with contextlib.suppress(Refused):
            if status == "succeeded":
                self._give_back(charge, bought)
            elif bought.way.again:
                self._come_again(bought)

    def _give_back(self, charge: int, bought: Bought) -> None:
        with self._load.town.shop() as shop:
            for number, part in enumerate(bought.way.refund_parts):
                amount = major(bought.amount_minor * part // 100, bought.digits)
                key = f"chaos-{charge}-{number}"
                ask = partial(shop.refund, str(charge), amount, key)
                refund = self._load.insist(ask)
                self._load.record.refunds[int(refund)] = time.time()

    def _come_again(self, bought: Bought) -> None:
        token = self._load.insist(self._load.town.typed_card)
        self._load.record.tokens.add(token)
        again = replace(bought, way=Way(bought.way.story), at=time.time())
        with self._load.town.shop() as shop:
            charge = self._load.insist(lambda: shop.charge(bought.order, {"stripe": token}))
        self._load.record.charges.setdefault(int(charge.id), again)
