"""What buyers do: ways to pay, to hesitate, to ask twice, to want money back; by their weight."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from local.demo.stories import Act, Brings, Mode, Story

TYPED: Final = ""
"""Stands for a card that is typed in: a token of its own."""
CURRENCIES: Final = (("EUR", 2), ("USD", 2), ("GBP", 2), ("JPY", 0))
_SECURE: Final = "pm_card_threeDSecure2Required"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to buy.

    `rival`: a second buyer on the order at the same moment, with another instrument; `again`:
    another instrument once the first one was refused; `cancels`: called off at once;
    `refund_parts`: what parts of it are wanted back, in percent.
    """

    story: Story
    rival: bool = False
    again: bool = False
    cancels: bool = False
    refund_parts: tuple[int, ...] = ()


def _card(token: str = TYPED, act: Act = Act.NOTHING, clicks: int = 1) -> Story:
    return Story("card", Mode.STRIPE, token=token, act=act, clicks=clicks)


def _paypal(payer: str = "pays", clicks: int = 1) -> Story:
    brings, act = Brings.NOTHING, Act.APPROVE
    return Story("PayPal", Mode.PAYPAL, brings=brings, act=act, payer=payer, clicks=clicks)


def _shop(brings: Brings) -> Story:
    return Story("PayPal in the shop", Mode.PAYPAL, brings=brings)


WAYS: Final = (
    (24, Way(_card())),
    (6, Way(_card("tok_visa"))),
    (6, Way(_card(clicks=2))),
    (3, Way(_card(clicks=3))),
    (4, Way(_card(), rival=True)),
    (4, Way(_card("tok_chargeDeclined"))),
    (4, Way(_card("tok_visa_chargeDeclinedInsufficientFunds"), again=True)),
    (5, Way(_card(_SECURE, Act.AUTHENTICATE))),
    (2, Way(_card(_SECURE, Act.FAIL_AUTHENTICATION))),
    (3, Way(_card("tok_sandbox_processing"))),
    (1, Way(_card("tok_sandbox_processing_fails"))),
    (4, Way(_card(), cancels=True)),
    (4, Way(_card(), refund_parts=(30,))),
    (3, Way(_card(), refund_parts=(25, 25))),
    (3, Way(_card(), refund_parts=(100,))),
    (10, Way(_paypal())),
    (3, Way(_paypal(clicks=2))),
    (2, Way(_paypal("declines"))),
    (2, Way(_paypal("echeck-pending"))),
    (2, Way(_paypal(), cancels=True)),
    (2, Way(_paypal(), refund_parts=(30,))),
    (2, Way(_paypal(), refund_parts=(25, 25))),
    (6, Way(_shop(Brings.PAYPAL_ORDER))),
    (3, Way(_shop(Brings.PAYPAL_PAYMENT))),
)


def draw(chance: random.Random) -> tuple[Way, int, str, int]:
    """A way, with an amount in minor units, its currency and the currency's digits."""
    (way,) = chance.choices([way for _, way in WAYS], [weight for weight, _ in WAYS])
    currency, digits = chance.choice(CURRENCIES)
    return way, chance.randint(200, 80_000), currency, digits


def major(minor: int, digits: int) -> str:
    """The amount as the API writes it."""
    if not digits:
        return str(minor)
    whole, rest = divmod(minor, 10**digits)
    return f"{whole}.{rest:0{digits}}"
