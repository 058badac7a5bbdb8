"""Refunds on the wire."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime

from api_shim.schemas.base import (
    VERSION,
    Amount,
    Answer,
    Document,
    Optional,
    SelfLink,
    Text,
    Told,
    ToOne,
    example,
)

RefundStatus = Literal["pending", "succeeded", "failed", "canceled", "needs-review"]


class RefundAttributes(Document):
    """How much goes back (nothing named: all that is left), and why."""

    amount: Annotated[Amount | None, Optional] = None
    reason: Annotated[Text | None, Optional] = None


class RefundData(Document):
    """The primary data of a refund request."""

    type: Literal["refund"]
    attributes: RefundAttributes = RefundAttributes()


class RefundRequest(Document):
    """`POST /v1/charges/<id>/refunds`."""

    model_config = example(
        {"data": {"type": "refund", "attributes": {"amount": "5.00", "reason": "A seat less"}}}
    )

    data: RefundData


class ToldRefund(Answer):
    """A refund as it stands; `origin` is `provider` where it was made at the provider itself.

    `stray-capture` names the capture that it gives back where that is not the charge's payment:
    money that came late, twice or wrong, which goes back by itself; `reason` says why.
    """

    identifier: UUID
    status: RefundStatus
    amount: str
    currency: str
    reason: str | None
    origin: Literal["ours", "provider"]
    stray_capture: str | None
    provider_reference: str | None
    failure_code: str | None
    failure_message: str | None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class OfCharge(Answer):
    """The charge that is refunded, its order."""

    charge: ToOne
    order: ToOne


class RefundResource(Answer):
    """A refund."""

    type: Literal["refund"]
    id: str
    attributes: ToldRefund
    relationships: OfCharge
    links: SelfLink


_EXAMPLE: Final = {
    "type": "refund",
    "id": "11",
    "attributes": {
        "identifier": "9a1f4c2e-7c3d-4a55-9d0b-1f2e3d4c5b6a",
        "status": "pending",
        "amount": "5.00",
        "currency": "EUR",
        "reason": "A seat less",
        "origin": "ours",
        "stray-capture": None,
        "provider-reference": None,
        "failure-code": None,
        "failure-message": None,
        "created-at": "2026-11-25T09:30:00.123456+00:00",
        "updated-at": "2026-11-25T09:30:00.123456+00:00",
    },
    "relationships": {
        "charge": {"data": {"type": "charge", "id": "42"}},
        "order": {"data": {"type": "order", "id": "7"}},
    },
    "links": {"self": "/v1/refunds/11"},
}


class RefundDocument(Told):
    """One refund."""

    model_config = example({"data": _EXAMPLE, "jsonapi": VERSION})

    data: RefundResource


class RefundsDocument(Told):
    """A charge's refunds, the newest first."""

    model_config = example({"data": [_EXAMPLE], "jsonapi": VERSION})

    data: list[RefundResource]
