"""What Stripe's errors prove: of keys, credentials, limits and the first of two calls."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from shared.domain import outcomes as o
from tests.contract.stripe_wire import (
    APPROVED,
    FINAL,
    INTENT,
    KEY,
    ORDER,
    PAGE,
    PAYMENT_METHOD,
    TOKEN,
    adapter,
    answer,
    charged,
    freeze,
    refusal,
    reset,
)
from tests.contract.wire import Script, in_turn, serving


def test_other_parameters_under_the_key_are_shouted_about() -> None:
    script = refusal("400 Bad Request", type="idempotency_error", message="Keys for idempotent…")

    with capture_logs() as logs:
        outcome = charged(script)

    assert isinstance(outcome, o.Indeterminate)
    assert not outcome.replayable
    assert [line["log_level"] for line in logs] == ["critical"]


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
@pytest.mark.parametrize("page", [True, False])
def test_refused_credentials_are_nobodys_decline(status: str, *, page: bool) -> None:
    error = refusal(status, type="invalid_request_error", message="Invalid API Key: sk_test_1")

    outcome = charged(answer(PAGE, status) if page else error)

    assert isinstance(outcome, o.Misconfigured)
    assert "sk_test_1" not in outcome.reason


@pytest.mark.parametrize(
    "script",
    [
        refusal("409 Conflict", type="idempotency_error", code="idempotency_key_in_use"),
        refusal("409 Conflict", type="invalid_request_error", code="lock_timeout"),
        refusal("429 Too Many", type="invalid_request_error", code="lock_timeout"),
    ],
)
def test_a_call_in_flight_is_asked_about_again_soon(script: Script) -> None:
    outcome = charged(script)

    assert isinstance(outcome, o.Indeterminate)
    assert outcome.replayable
    assert outcome.retry_after is not None
    assert timedelta(seconds=1) <= outcome.retry_after <= timedelta(seconds=5)


@pytest.mark.parametrize(
    ("headers", "retry_after"),
    [
        ((), None),
        (("Retry-After: 7",), timedelta(seconds=7)),
        (("Retry-After: 99999999999999999",), timedelta(hours=1)),
        (("Retry-After: soon",), None),
        (("Retry-After: ²",), None),
    ],
)
def test_a_rate_limit_was_not_executed(
    headers: tuple[str, ...], retry_after: timedelta | None
) -> None:
    outcome = charged(refusal("429 Too Many Requests", *headers, type="invalid_request_error"))

    assert isinstance(outcome, o.NotSent)
    assert outcome.retry_after == retry_after


@pytest.mark.parametrize(
    "script",
    [
        reset,
        answer(b"{"),
        answer([]),
        answer({}),
        answer(PAYMENT_METHOD | {"metadata": {"charge": str(ORDER)}}),
        answer(PAGE, "502 Bad Gateway"),
        refusal("500 No", FINAL, type="api_error"),
        refusal("409 No", code="idempotency_key_in_use"),
        refusal("429 No", type="invalid_request_error"),
    ],
)
def test_no_money_moves_before_the_payment_method_is_there(script: Script) -> None:
    with serving(script) as (url, seen):
        outcome = adapter(url).perform(freeze(TOKEN), TOKEN, KEY)

    assert isinstance(outcome, o.NotSent)
    assert len(seen) == 1


def test_a_payment_method_under_a_key_of_other_parameters_proves_nothing() -> None:
    outcome = charged(refusal("400 No", type="idempotency_error"), TOKEN)

    assert isinstance(outcome, o.Indeterminate)
    assert not outcome.replayable


def test_a_card_refused_before_the_payment_is_a_decline() -> None:
    outcome = charged(refusal("402 No", type="card_error", code="expired_card"), TOKEN)

    assert isinstance(outcome, o.Declined)
    assert outcome.code == "expired_card"


def test_what_is_lost_after_the_payment_method_is_open() -> None:
    outcome = charged(in_turn(answer(PAYMENT_METHOD), reset), TOKEN)

    assert isinstance(outcome, o.Indeterminate)


def test_a_token_becomes_a_payment_method_that_is_charged() -> None:
    outcome = charged(in_turn(answer(PAYMENT_METHOD), answer(INTENT)), TOKEN)

    assert outcome == APPROVED
