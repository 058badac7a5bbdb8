"""The answers of Stripe's that a fault gives without asking what was asked."""

from collections.abc import Callable

from sandbox.call import Call
from sandbox.faults import Fault
from sandbox.reply import Reply
from sandbox.stripe import errors


def _server_error(_: Call, __: Fault) -> Reply:
    return errors.broken(stored=False).reply().with_headers(Stripe_Should_Retry="true")


def _stored_server_error(_: Call, __: Fault) -> Reply:
    return errors.broken(stored=True).reply()


def _rate_limit(_: Call, fault: Fault) -> Reply:
    text = (
        "Request rate limit exceeded. You can learn more about rate limits here "
        "https://stripe.com/docs/rate-limits."
    )
    reply = errors.too_many(text, "rate_limit").reply()
    after = fault.arguments.get("retry_after")
    return reply if after is None else reply.with_headers(Retry_After=str(after))


def _in_use(call: Call, _: Fault) -> Reply:
    reply = errors.key_in_use(call.idempotency_key or "").reply()
    return reply.with_headers(Stripe_Should_Retry="true")


def _lock_timeout(_: Call, __: Fault) -> Reply:
    text = (
        "This object cannot be accessed right now because another API request or Stripe process "
        "is currently accessing it. If you see this error intermittently, retry the request."
    )
    return errors.too_many(text, "lock_timeout").reply().with_headers(Stripe_Should_Retry="true")


def _unauthorised(_: Call, __: Fault) -> Reply:
    return errors.unauthorised("Invalid API Key provided: sk_test_****").reply()


def _forbidden(_: Call, __: Fault) -> Reply:
    text = "The provided key does not have the required permissions for this endpoint."
    return errors.forbidden(text).reply()


CANNED: dict[str, Callable[[Call, Fault], Reply]] = {
    "500_before": _server_error,
    "500_stored": _stored_server_error,
    "429": _rate_limit,
    "409_in_use": _in_use,
    "lock_timeout": _lock_timeout,
    "401": _unauthorised,
    "403": _forbidden,
}
