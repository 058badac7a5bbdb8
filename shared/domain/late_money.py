"""Late and double money: what becomes of a capture that does not simply pay its charge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.domain.charge import Charge, OrderStatus, Status
from shared.domain.outcomes import Approved


class Misfit(StrEnum):
    """Why captured money does not pay the charge that it is about."""

    MODE = "mode"
    ACCOUNT = "account"
    UNNAMED = "unnamed"
    RESTATED = "restated"  # the payment itself, shown with another amount than before
    SECOND_CAPTURE = "second_capture"
    UNDER_REVIEW = "under_review"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_AMOUNT = "wrong_amount"
    ORDER_PAID = "order_paid"  # by another charge
    ORDER_CANCELLED = "order_cancelled"
    ORDER_EXPIRED = "order_expired"
    CHARGE_CANCELED = "charge_canceled"
    ANOTHER_CHARGE = "another_charge"  # failed, and the order is being paid by another


class Remedy(StrEnum):
    """What is to happen with captured money."""

    COMPLETE = "complete"  # it pays its charge, late or not
    REFUND = "refund"  # the whole capture goes back
    REVIEW = "review"  # a person decides


@dataclass(frozen=True, slots=True)
class LateMoney:
    """What the platform wishes for money that comes late or twice."""

    refunds: bool = True
    """Give back by itself what cannot pay; else a person decides."""
    completes_expired: bool = True
    """Let it still pay an order that expired."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What weighing money takes besides the charge and the capture."""

    livemode: bool
    wishes: LateMoney
    is_contested: bool
    """Another charge of the order has paid it, or may."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to happen with the money, and why it does not pay."""

    remedy: Remedy
    misfit: Misfit | None = None
    """None where it pays."""
    complaint: str = ""
    """The misfit in words."""

    @property
    def is_stray(self) -> bool:
        """The capture is provably of this charge, and not its payment: it stands by itself."""
        return self.misfit in _KEPT_APART


Test = Callable[[Charge, Approved, Terms], bool]

_NOT_ITS_OWN: Final[tuple[tuple[Misfit, Test, str], ...]] = (
    (
        Misfit.MODE,
        lambda _, fact, terms: fact.livemode != terms.livemode,
        "livemode is {fact.livemode}",
    ),
    (
        Misfit.ACCOUNT,
        lambda charge, fact, _: fact.account != charge.account,
        "captured on account {fact.account}",
    ),
    (
        Misfit.UNNAMED,
        lambda charge, fact, _: not _is_named(charge, fact),
        "the provider's object does not name this charge",
    ),
    (
        Misfit.RESTATED,
        lambda charge, fact, _: _is_payment(charge, fact) and fact.money != charge.money,
        "captured {fact.money} instead of {charge.money}",
    ),
)
"""Where it is not provably this charge's money, or is its payment: never given back by itself."""

_STRAYS: Final[tuple[tuple[Misfit, Test, str], ...]] = (
    (
        Misfit.SECOND_CAPTURE,
        lambda charge, _, __: charge.is_captured,
        "a second capture {fact.capture_reference}",
    ),
    (
        Misfit.UNDER_REVIEW,
        lambda charge, _, __: charge.status is Status.NEEDS_REVIEW,
        "money arrived for a charge that is {charge.status}",
    ),
    (
        Misfit.WRONG_CURRENCY,
        lambda charge, fact, _: fact.money.currency != charge.money.currency,
        "captured {fact.money} instead of {charge.money}",
    ),
    (
        Misfit.WRONG_AMOUNT,
        lambda charge, fact, _: fact.money != charge.money,
        "captured {fact.money} instead of {charge.money}",
    ),
    (
        Misfit.ORDER_PAID,
        lambda charge, _, __: charge.order_status is OrderStatus.COMPLETED,
        "the order is {charge.order_status}",
    ),
    (
        Misfit.ORDER_CANCELLED,
        lambda charge, _, __: charge.order_status is OrderStatus.CANCELLED,
        "the order is {charge.order_status}",
    ),
    (
        Misfit.ORDER_EXPIRED,
        lambda charge, _, terms: (
            charge.order_status is OrderStatus.EXPIRED and not terms.wishes.completes_expired
        ),
        "the order is {charge.order_status}",
    ),
    (
        Misfit.CHARGE_CANCELED,
        lambda charge, _, __: charge.status is Status.CANCELED,
        "money arrived for a charge that is {charge.status}",
    ),
    (
        Misfit.ANOTHER_CHARGE,
        lambda charge, _, terms: charge.status is Status.FAILED and terms.is_contested,
        "money arrived for a charge that is {charge.status}, while another stands",
    ),
)
"""Where it is this charge's money, and not its payment: the first row that holds."""

_KEPT_APART: Final = frozenset(misfit for misfit, _, _ in _STRAYS)


def weigh(charge: Charge, fact: Approved, terms: Terms) -> Verdict:
    """Decide what is to happen with captured money (law 7). Pure and total."""
    rows = _NOT_ITS_OWN if _is_payment(charge, fact) else _NOT_ITS_OWN + _STRAYS
    for misfit, holds, words in rows:
        if holds(charge, fact, terms):
            complaint = words.format(charge=charge, fact=fact)
            return Verdict(_remedy(misfit, terms), misfit, complaint)
    return Verdict(Remedy.COMPLETE)


def _remedy(misfit: Misfit, terms: Terms) -> Remedy:
    is_decidable = misfit in _KEPT_APART and misfit is not Misfit.UNDER_REVIEW
    return Remedy.REFUND if is_decidable and terms.wishes.refunds else Remedy.REVIEW


def _is_named(charge: Charge, fact: Approved) -> bool:
    return bool({str(charge.identifier), str(charge.order_identifier)} & fact.our_references)


def _is_payment(charge: Charge, fact: Approved) -> bool:
    return charge.is_captured and charge.capture_reference == fact.capture_reference
