"""What each movement of money does to the balance, to the ledger."""

from dataclasses import dataclass

from sandbox.call import Deed
from sandbox.ledger import Movement
from sandbox.reply import Json
from sandbox.stripe.books import account_of
from sandbox.stripe.money import fee_of
from sandbox.stripe.objects import balance_transaction
from sandbox.stripe.telling import PROVIDER

REFERENCES = ("payment_id", "charge_id", "charge", "reference", "order_id", "order")
DISPUTE_FEE = 1500


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement: the ledger's kind, Stripe's type, the object it belongs to, signed amount.

    `category`: Stripe's reporting category, where it is not the type.
    """

    kind: str
    type: str
    source: Json
    parent_id: str | None
    amount: int
    fee: int = 0
    category: str = ""


def post(deed: Deed, posting: Posting, metadata: dict[str, str]) -> Json:
    """Book a movement, return its balance transaction."""
    source = posting.source
    transaction = balance_transaction(
        {
            "amount": posting.amount,
            "currency": source["currency"],
            "fee": posting.fee,
            "source": source["id"],
            "type": posting.type,
            "reporting_category": posting.category or posting.type,
        },
        deed.now,
    )
    account_of(deed.tenant, deed.account).keep(transaction, deed.now)
    _record(deed, posting, posting.kind, posting.amount, metadata)
    if posting.fee:
        _record(deed, posting, "fee", -posting.fee, metadata)
    return transaction


def post_charge(deed: Deed, charge: Json, amount: int, kind: str = "charge") -> None:
    """Book money taken from a payer."""
    parent = charge["payment_intent"]
    posting = Posting(kind, "charge", charge, parent, amount, fee_of(amount))
    charge["balance_transaction"] = post(deed, posting, charge["metadata"])["id"]


def post_refund(deed: Deed, refund: Json, metadata: dict[str, str]) -> Json:
    """Book money given back."""
    posting = Posting("refund", "refund", refund, refund["charge"], -refund["amount"])
    return post(deed, posting, metadata | refund["metadata"])


def post_failed_refund(deed: Deed, refund: Json, metadata: dict[str, str]) -> Json:
    """Book a refund that came back."""
    posting = Posting("refund", "refund_failure", refund, refund["charge"], refund["amount"])
    return post(deed, posting, metadata | refund["metadata"])


def post_dispute(deed: Deed, dispute: Json, kind: str, metadata: dict[str, str]) -> Json:
    """Book disputed money held (`dispute_hold`) or released (`dispute_release`)."""
    held = kind == "dispute_hold"
    amount, fee = (-dispute["amount"], DISPUTE_FEE) if held else (dispute["amount"], 0)
    category = "dispute" if held else "dispute_reversal"
    posting = Posting(kind, "adjustment", dispute, dispute["charge"], amount, fee, category)
    return post(deed, posting, metadata)


def _record(deed: Deed, posting: Posting, kind: str, amount: int, metadata: dict[str, str]) -> None:
    reference = next((metadata[name] for name in REFERENCES if name in metadata), None)
    deed.record(
        Movement(
            provider=PROVIDER,
            kind=kind,
            object_id=posting.source["id"],
            parent_id=posting.parent_id,
            amount_minor=amount,
            currency=posting.source["currency"],
            reference=reference,
            metadata=metadata,
        )
    )
