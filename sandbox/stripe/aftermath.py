"""What follows a charge because of the instrument it was made with."""

from collections.abc import Callable

from sandbox.call import Deed
from sandbox.reply import Json
from sandbox.stripe.books import account_of
from sandbox.stripe.disputes import open_dispute
from sandbox.stripe.telling import tell
from sandbox.tenants import new_id


def follow_up(deed: Deed, charge: Json, aftermath: str | None) -> None:
    """Play what the instrument announces."""
    if aftermath in AFTERMATHS:
        AFTERMATHS[aftermath](deed, charge)


def _fraud_dispute(deed: Deed, charge: Json) -> None:
    open_dispute(deed, charge, "fraudulent")


def _not_received(deed: Deed, charge: Json) -> None:
    open_dispute(deed, charge, "product_not_received")


def _inquiry(deed: Deed, charge: Json) -> None:
    open_dispute(deed, charge, "fraudulent", inquiry=True)


def _twice(deed: Deed, charge: Json) -> None:
    open_dispute(deed, charge, "fraudulent")
    open_dispute(deed, charge, "fraudulent")


def _early_fraud_warning(deed: Deed, charge: Json) -> None:
    warning = {
        "id": new_id("issfr_1"),
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge["id"],
        "created": int(deed.now),
        "fraud_type": "misc",
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    account_of(deed.tenant, deed.account).keep(warning, deed.now)
    tell(deed, "radar.early_fraud_warning.created", about=warning)


AFTERMATHS: dict[str, Callable[[Deed, Json], None]] = {
    "dispute_fraudulent": _fraud_dispute,
    "dispute_product_not_received": _not_received,
    "inquiry_fraudulent": _inquiry,
    "disputes_twice": _twice,
    "early_fraud_warning": _early_fraud_warning,
}
