"""The body of a charge with nothing around it: claim the row, ask the provider, note the answer."""

from __future__ import annotations

import os
from typing import Final

import stripe
from sqlalchemy import create_engine, text

stripe.enable_telemetry = False  # it would write an id into the home directory

IN_FLIGHT: Final = int(os.environ.get("WORKER_CONCURRENCY", "64"))

_DATABASE: Final = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg2://")
_CONNECTIONS: Final = int(os.environ["DATABASE_POOL_SIZE"])
_ENGINE: Final = create_engine(_DATABASE, pool_size=_CONNECTIONS, max_overflow=0)
_STRIPE: Final = stripe.StripeClient(
    os.environ["STRIPE_API_KEY"], base_addresses={"api": os.environ["STRIPE_API_BASE"]}
)

_CLAIM: Final = text("""
    UPDATE plain_charges SET status = 'submitting' WHERE id = :id AND status <> 'succeeded'
    RETURNING amount_minor, currency
""")
_NOTE: Final = text("""
    UPDATE plain_charges SET status = 'succeeded', reference = :reference, settled_at = now()
    WHERE id = :id
""")


def charge(charge_id: int) -> None:
    """Carry the charge out."""
    note(charge_id, ask(charge_id))


def ask(charge_id: int) -> str:
    """Claim the charge and have the provider make it, under a key of its own."""
    with _ENGINE.begin() as connection:
        claimed = connection.execute(_CLAIM, {"id": charge_id}).one()
    intent = _STRIPE.v1.payment_intents.create(
        {
            "amount": claimed.amount_minor,
            "currency": claimed.currency,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": {"charge": str(charge_id), "order": str(charge_id)},
            "expand": ["latest_charge"],
        },
        {"idempotency_key": f"charge-{charge_id}"},
    )
    return intent.id


def note(charge_id: int, reference: str) -> None:
    """Keep what came of it."""
    with _ENGINE.begin() as connection:
        connection.execute(_NOTE, {"id": charge_id, "reference": reference})
