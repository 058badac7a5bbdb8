"""Stripe's refusals in Stripe's words."""

from dataclasses import dataclass, field

from sandbox.reply import Json, Reply, json_reply

DOCS = "https://stripe.com/docs/error-codes/"


@dataclass(eq=False)
class StripeError(Exception):
    """One error answer; `storable`: execution had begun, so a key keeps it."""

    status: int
    kind: str
    message: str
    code: str | None = None
    param: str | None = None
    storable: bool = True
    details: Json = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def reply(self) -> Reply:
        """Return the answer."""
        error: Json = {"type": self.kind, "message": self.message}
        if self.code is not None:
            error |= {"code": self.code, "doc_url": DOCS + self.code.replace("_", "-")}
        if self.param is not None:
            error["param"] = self.param
        return json_reply(
            {"error": error | self.details}, self.status, storable=self.storable
        ).with_headers(**self.headers)


def malformed(message: str, code: str | None = None, param: str | None = None) -> StripeError:
    """Return the refusal of parameters that did not pass validation; never stored."""
    return StripeError(400, "invalid_request_error", message, code, param, storable=False)


def invalid(
    message: str, code: str | None = None, param: str | None = None, **details: object
) -> StripeError:
    """Return the refusal of a request that made sense but not here; stored."""
    return StripeError(400, "invalid_request_error", message, code, param, details=details)


def missing(kind: str, object_id: str, param: str = "id") -> StripeError:
    """Return the refusal of an id nobody knows."""
    noun = kind.replace("_", "") if kind == "payment_method" else kind
    text = f"No such {'PaymentMethod' if noun == 'paymentmethod' else noun}: '{object_id}'"
    status = 404 if param in ("id", "intent") else 400
    return StripeError(status, "invalid_request_error", text, "resource_missing", param)


def unauthorised(message: str) -> StripeError:
    """Return the refusal of a credential."""
    return StripeError(401, "invalid_request_error", message, storable=False)


def unknown_key(key: str) -> StripeError:
    """Return the refusal of a key that opens nothing."""
    return unauthorised(f"Invalid API Key provided: {masked(key)}")


def masked(key: str) -> str:
    """Return a key by its ends."""
    hidden = "*" * max(0, len(key) - len("sk_test_") - len("last"))
    return f"{key[:8]}{hidden}{key[-4:]}" if hidden else "*" * len(key)


def forbidden(message: str, code: str | None = None) -> StripeError:
    """Return the refusal of something the credential may not do."""
    return StripeError(403, "invalid_request_error", message, code, storable=False)


def too_many(message: str, code: str) -> StripeError:
    """Return a 429."""
    return StripeError(429, "invalid_request_error", message, code, storable=False)


def key_reused(message: str) -> StripeError:
    """Return the refusal of an idempotency key used for something else."""
    return StripeError(400, "idempotency_error", message, storable=False)


def key_in_use(key: str) -> StripeError:
    """Return the 409 of a key in flight."""
    text = (
        "There is currently another in-progress request using this Idempotent Key (that probably "
        "means you submitted twice, and the other request is still going through): "
        f"{key}. Try again later."
    )
    return StripeError(409, "idempotency_error", text, "idempotency_key_in_use", storable=False)


def broken(*, stored: bool) -> StripeError:
    """Return a 500."""
    text = "An unknown error occurred. Sorry, something went wrong on our side."
    return StripeError(500, "api_error", text, storable=stored)
