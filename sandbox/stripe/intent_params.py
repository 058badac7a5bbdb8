"""Which parameters PaymentIntents take, which may go together."""

from collections.abc import Iterable

from sandbox.reply import Json
from sandbox.stripe.errors import malformed
from sandbox.stripe.payment_methods import METHOD
from sandbox.stripe.schema import (
    Shape,
    anything,
    boolean,
    expand,
    integer,
    list_of,
    metadata,
    nested,
    one_of,
    required,
    text,
    unsettable,
)

AUTOMATIC = nested({"enabled": required(boolean), "allow_redirects": one_of("always", "never")})
CONFIRMING: Shape = {
    "payment_method": text,
    "payment_method_data": nested(METHOD),
    "payment_method_options": anything,
    "payment_method_types": list_of(text),
    "off_session": boolean,
    "error_on_requires_action": boolean,
    "return_url": text,
    "mandate_data": anything,
    "receipt_email": unsettable(text),
    "setup_future_usage": one_of("off_session", "on_session"),
    "capture_method": one_of("automatic", "automatic_async", "manual"),
    "use_stripe_sdk": boolean,
    "radar_options": anything,
    "shipping": anything,
    "expand": expand,
}
DESCRIBING: Shape = {
    "amount": integer,
    "currency": text,
    "customer": text,
    "description": unsettable(text),
    "metadata": metadata,
    "statement_descriptor": text,
    "statement_descriptor_suffix": text,
    "transfer_group": text,
    "application_fee_amount": integer,
    "transfer_data": anything,
}
CREATE: Shape = {
    **CONFIRMING,
    **DESCRIBING,
    "amount": required(integer),
    "currency": required(text),
    "confirm": boolean,
    "automatic_payment_methods": AUTOMATIC,
    "confirmation_method": one_of("automatic", "manual"),
    "on_behalf_of": text,
}
UPDATE: Shape = {
    **DESCRIBING,
    **{
        name: CONFIRMING[name]
        for name in (
            "payment_method",
            "payment_method_data",
            "payment_method_types",
            "receipt_email",
            "capture_method",
            "expand",
        )
    },
}
CONFIRM: Shape = {**CONFIRMING, "client_secret": text, "confirmation_token": text}
CAPTURE: Shape = {
    "amount_to_capture": integer,
    "final_capture": boolean,
    "metadata": metadata,
    "statement_descriptor": text,
    "statement_descriptor_suffix": text,
    "expand": expand,
}
CANCEL: Shape = {
    "cancellation_reason": one_of("duplicate", "fraudulent", "requested_by_customer", "abandoned"),
    "expand": expand,
}
LIST: Shape = {"customer": text}
RETRIEVE: Shape = {"expand": expand, "client_secret": text}
STORED = tuple(name for name in {**DESCRIBING, **CONFIRMING})
NOT_STORED = frozenset(
    {
        "expand",
        "off_session",
        "error_on_requires_action",
        "return_url",
        "mandate_data",
        "use_stripe_sdk",
        "radar_options",
        "payment_method",
        "payment_method_data",
        "metadata",
    }
)
ONLY_WITH_CONFIRM = ("off_session", "error_on_requires_action", "return_url", "mandate_data")
NO_RETURN_URL = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because "
    "some of these payment methods might redirect your customer off of your page, you must provide "
    "a `return_url`. If you don't want to accept redirect-based payment methods, set "
    "`automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods"
    "[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)


def check_together(params: Json) -> None:
    """Refuse parameters that may not go together in one creation."""
    if "payment_method_types" in params and "automatic_payment_methods" in params:
        text = (
            "You may only specify one of these parameters: automatic_payment_methods, "
            "payment_method_types."
        )
        raise malformed(text, param="automatic_payment_methods")
    _check_only_one(params, ("payment_method", "payment_method_data"))
    if not params.get("confirm"):
        for name in ONLY_WITH_CONFIRM:
            if name in params:
                text = (
                    f"The parameter `{name}` cannot be passed when creating a PaymentIntent "
                    "unless `confirm` is set to true."
                )
                raise malformed(text, param=name)


def check_redirects(intent: Json, params: Json) -> None:
    """Refuse a confirmation that could need a redirect with nowhere to return to."""
    automatic = intent["automatic_payment_methods"] or {}
    may_redirect = automatic.get("enabled") and automatic.get("allow_redirects") != "never"
    if may_redirect and "return_url" not in params and not params.get("off_session"):
        raise malformed(NO_RETURN_URL)


def stored(params: Json) -> Json:
    """Return the members of an intent that parameters set."""
    return {n: v for n, v in params.items() if n in STORED and n not in NOT_STORED}


def _check_only_one(params: Json, names: Iterable[str]) -> None:
    if sum(name in params for name in names) > 1:
        text = f"You may only specify one of these parameters: {', '.join(names)}."
        raise malformed(text)
