"""Chargehand's API as the ticketing platform and its buyers use it."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import requests

MEDIA_TYPE = "application/vnd.api+json"
PLATFORM = "ticketing-platform"
CASHIER = "cashier"
SCOPES = {PLATFORM: "orders:write", CASHIER: "refunds:write"}
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class PlacedOrder:
    """An order that may be charged."""

    id: str
    identifier: str
    buyer: str


@dataclass(frozen=True)
class ChargeSeen:
    """What the API tells of a charge."""

    id: str
    status: str
    attempts: int
    reference: str | None
    failure: str | None


class ApiRefusal(Exception):
    """The API refused what was asked for; `status` is its answer's."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Shop:
    """One client of the API. Not meant to be shared between threads."""

    def __init__(self, url: str, jwt_secret: str, patience: float = PATIENCE_SECONDS) -> None:
        self._url = url
        self._secret = jwt_secret
        self._patience = patience
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Content-Type"] = MEDIA_TYPE

    def __enter__(self) -> "Shop":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def open_event(self) -> str:
        """Tell an event of our own; its id."""
        attributes = {
            "identifier": f"demo-{uuid.uuid4().hex[:12]}",
            "name": "The demonstration",
            "currency": "EUR",
            "can-pay-by-stripe": True,
            "can-pay-by-paypal": True,
        }
        document = {"data": {"type": "event", "attributes": attributes}}
        return str(self._post("/v1/events", PLATFORM, document)["id"])

    def place_order(self, event_id: str, mode: str, amount: str, currency: str) -> PlacedOrder:
        """Tell an order of a buyer of its own."""
        identifier, buyer = str(uuid.uuid4()), f"buyer-{uuid.uuid4().hex[:8]}"
        attributes = {
            "identifier": identifier,
            "user-id": buyer,
            "amount": amount,
            "currency": currency,
            "payment-mode": mode,
        }
        event = {"event": {"data": {"type": "event", "id": event_id}}}
        data = {"type": "order", "attributes": attributes, "relationships": event}
        order = self._post("/v1/orders", PLATFORM, {"data": data})
        return PlacedOrder(str(order["id"]), identifier, buyer)

    def charge(self, order: PlacedOrder, instrument: Mapping[str, str]) -> ChargeSeen:
        """Ask for the money, as the buyer."""
        document = {"data": {"type": "charge", "attributes": dict(instrument)}}
        return _charge(self._post(f"/v1/orders/{order.id}/charge", order.buyer, document))

    def look_at(self, charge_id: str, buyer: str) -> ChargeSeen:
        """How the charge stands."""
        answer = self._session.get(
            f"{self._url}/v1/charges/{charge_id}",
            headers=self._authorization(buyer),
            timeout=self._patience,
        )
        return _charge(_data(answer))

    def cancel(self, charge_id: str, buyer: str) -> None:
        """Call a charge off, as its buyer."""
        self._post(f"/v1/charges/{charge_id}/cancel", buyer, None)

    def refund(self, charge_id: str, amount: str, key: str | None = None) -> str:
        """Ask for money back, as the platform's cashier; the refund's id.

        `key` makes one refund of the same request sent twice.
        """
        document = {"data": {"type": "refund", "attributes": {"amount": amount}}}
        return str(self._post(f"/v1/charges/{charge_id}/refunds", CASHIER, document, key)["id"])

    def refund_status(self, refund_id: str) -> str:
        """How the refund stands."""
        answer = self._session.get(
            f"{self._url}/v1/refunds/{refund_id}",
            headers=self._authorization(CASHIER),
            timeout=self._patience,
        )
        return str(_data(answer)["attributes"]["status"])

    def _post(
        self, path: str, user: str, document: Mapping[str, Any] | None, key: str | None = None
    ) -> Mapping[str, Any]:
        headers = self._authorization(user) | ({"Idempotency-Key": key} if key else {})
        url = f"{self._url}{path}"
        answer = self._session.post(url, json=document, headers=headers, timeout=self._patience)
        return _data(answer)

    def _authorization(self, user: str) -> dict[str, str]:
        claims = {"sub": user, "scope": SCOPES.get(user, ""), "exp": int(time.time()) + 600}
        return {"Authorization": f"Bearer {jwt.encode(claims, self._secret, 'HS256')}"}


def _data(answer: requests.Response) -> Mapping[str, Any]:
    if not answer.ok:
        said = f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
        raise ApiRefusal(said, answer.status_code)
    data: Mapping[str, Any] = answer.json()["data"]
    return data


def _charge(data: Mapping[str, Any]) -> ChargeSeen:
    attributes = data["attributes"]
    return ChargeSeen(
        id=str(data["id"]),
        status=attributes["status"],
        attempts=attributes["attempts"],
        reference=attributes["provider-reference"],
        failure=attributes["failure-message"],
    )
