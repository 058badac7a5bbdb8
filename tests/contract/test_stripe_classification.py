"""What each answer of Stripe's to a charge proves, by the real SDK over a real wire."""

import socket
import struct
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from shared.domain import outcomes as o
from shared.domain.money import Money
from shared.domain.outcomes import Refusal
from shared.providers.http import CallLimits
from tests.contract.stripe_wire import (
    CHARGE,
    INTENT,
    KEY,
    METHOD,
    ORDER,
    PAYMENT_METHOD,
    PRICE,
    TOKEN,
    adapter,
    answer,
    charged,
    freeze,
    refusal,
)
from tests.contract.wire import Script, in_turn, reply, serving

FINAL = "Stripe-Should-Retry: false"
APPROVED = o.Approved(
    reference="pi_1",
    capture_reference="ch_1",
    money=PRICE,
    our_references=frozenset({str(CHARGE), str(ORDER)}),
    livemode=False,
    card=o.Card("card", "visa", "4242", 8, 2031),
)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hang(connection: socket.socket) -> None:
    connection.recv(1)


def raw(data: bytes) -> Script:
    return lambda connection: connection.sendall(data)


def intent(**changes: object) -> Script:
    return answer(INTENT | changes)


PAGE = b"<html><body>Bad Gateway</body></html>"
LAST_ERROR = {"type": "card_error", "code": "card_declined", "decline_code": "do_not_honor"}
AN_ACTION = {"type": "redirect_to_url", "redirect_to_url": {"url": "https://bank.example.com/3ds"}}

STATUSES: list[tuple[str, dict[str, object], o.Outcome]] = [
    ("succeeded", {}, APPROVED),
    ("processing", {}, o.Submitted("pi_1", "processing", "ch_1")),
    ("requires_capture", {}, o.Submitted("pi_1", "requires_capture", "ch_1")),
    ("canceled", {}, o.Canceled("pi_1")),
    (
        "requires_action",
        {"next_action": {"type": "use_stripe_sdk"}, "latest_charge": None},
        o.RequiresAction("pi_1", o.NextAction("use_stripe_sdk", client_secret="pi_1_secret_1")),
    ),
    (
        "requires_action",
        {"next_action": AN_ACTION},
        o.RequiresAction(
            "pi_1",
            o.NextAction("redirect_to_url", "https://bank.example.com/3ds", "pi_1_secret_1"),
        ),
    ),
    (
        "requires_payment_method",
        {"last_payment_error": LAST_ERROR},
        o.Declined("do_not_honor", "Your card was declined.", Refusal.TEMPORARY, "pi_1"),
    ),
]


@pytest.mark.parametrize(("status", "changes", "expected"), STATUSES)
def test_a_payment_intent_is_read_by_its_status(
    status: str, changes: dict[str, object], expected: o.Outcome
) -> None:
    assert charged(intent(status=status, **changes)) == expected


@pytest.mark.parametrize("status", ["requires_payment_method", "requires_confirmation", "new_one"])
def test_a_status_that_settles_nothing_is_open_and_not_replayed(status: str) -> None:
    outcome = charged(intent(status=status, last_payment_error=None))

    assert isinstance(outcome, o.Indeterminate)
    assert not outcome.replayable


@pytest.mark.parametrize(
    ("units", "currency", "money"),
    [
        (1000, "jpy", Money(1000, "JPY")),
        (10010, "kwd", Money(10010, "KWD")),
        (500, "isk", Money(5, "ISK")),
        (300, "ugx", Money(3, "UGX")),
    ],
)
def test_the_amount_is_read_in_stripes_own_units(units: int, currency: str, money: Money) -> None:
    outcome = charged(intent(amount_received=units, currency=currency))

    assert isinstance(outcome, o.Approved)
    assert outcome.money == money


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(reset, id="reset"),
        pytest.param(raw(b""), id="closed"),
        pytest.param(raw(reply(b'{"id": "pi_1"')[:-4]), id="truncated"),
        pytest.param(answer(b'{"id": '), id="broken JSON"),
        pytest.param(answer(b""), id="empty"),
        pytest.param(answer(b"\xff\xfe\xfd"), id="no UTF-8"),
        pytest.param(answer({}), id="an empty object"),
        pytest.param(answer([]), id="an empty list"),
        pytest.param(answer([INTENT]), id="a list"),
        pytest.param(answer(None), id="null"),
        pytest.param(answer(7), id="a number"),
        pytest.param(answer(b"[" * 100_000), id="endless nesting"),
        pytest.param(answer({"error": "boom"}), id="an error that is a text"),
        pytest.param(answer({"error": "boom"}, "500 No"), id="a 500 whose error is a text"),
        pytest.param(answer({"id": "pi_1"}), id="only an id"),
        pytest.param(intent(id="ch_1"), id="an id of another kind"),
        pytest.param(intent(id=7), id="an id that is no text"),
        pytest.param(intent(status=["succeeded"]), id="a status that is no text"),
        pytest.param(intent(metadata={"charge": str(ORDER)}), id="another's PaymentIntent"),
        pytest.param(intent(metadata=None), id="a PaymentIntent without metadata"),
        pytest.param(intent(latest_charge=None), id="succeeded without a charge"),
        pytest.param(intent(amount_received="1999"), id="an amount that is a text"),
        pytest.param(intent(amount_received=None), id="no amount"),
        pytest.param(intent(amount_received=1050, currency="isk"), id="half an Icelandic crown"),
        pytest.param(intent(currency="xyz"), id="an unknown currency"),
        pytest.param(intent(livemode="false"), id="livemode that is a text"),
        pytest.param(answer(PAGE, "502 Bad Gateway"), id="a proxy's page"),
        pytest.param(answer(PAGE, "402 Payment Required"), id="a 402 that is a page"),
        pytest.param(answer(PAGE, "302 Found", "Location: /elsewhere"), id="a redirect"),
        pytest.param(refusal("500 No", type="api_error"), id="500"),
        pytest.param(refusal("503 No", type="api_error"), id="503"),
        pytest.param(refusal("424 No", type="api_error"), id="424"),
        pytest.param(refusal("418 Teapot", type="api_error"), id="a status nobody expects"),
    ],
)
def test_an_answer_that_proves_nothing_leaves_it_open(script: Script) -> None:
    outcome = charged(script)

    assert isinstance(outcome, o.Indeterminate)


@pytest.mark.parametrize(
    ("status", "headers", "replayable"),
    [
        ("500 No", (), True),
        ("500 No", ("Stripe-Should-Retry: true",), True),
        ("500 No", (FINAL,), False),
        ("503 No", (FINAL,), False),
        ("424 No", (FINAL,), False),
    ],
)
def test_a_stored_server_error_is_looked_up_instead_of_replayed(
    status: str, headers: tuple[str, ...], *, replayable: bool
) -> None:
    outcome = charged(refusal(status, *headers, type="api_error"))

    assert isinstance(outcome, o.Indeterminate)
    assert outcome.replayable is replayable


def test_an_answer_that_hangs_leaves_it_open() -> None:
    limits = CallLimits(connect_timeout=10, read_timeout=0.3, total_deadline=60)

    with serving(hang) as (url, seen):
        outcome = adapter(url, limits).perform(freeze(), METHOD, KEY)

    assert outcome == o.Indeterminate("ReadTimeout")
    assert len(seen) == 1


CODES = [
    ("generic_decline", Refusal.TEMPORARY),
    ("insufficient_funds", Refusal.TEMPORARY),
    ("a_code_of_next_year", Refusal.TEMPORARY),
    ("expired_card", Refusal.INSTRUMENT),
    ("lost_card", Refusal.INSTRUMENT),
    ("fraudulent", Refusal.INSTRUMENT),
    ("incorrect_cvc", Refusal.BUYER),
    ("authentication_required", Refusal.BUYER),
]


@pytest.mark.parametrize(("decline_code", "kind"), CODES)
def test_a_decline_says_what_the_buyer_can_do(decline_code: str, kind: Refusal) -> None:
    outcome = charged(
        refusal(
            "402 Payment Required",
            type="card_error",
            code="card_declined",
            decline_code=decline_code,
            payment_intent=INTENT | {"status": "requires_payment_method"},
        )
    )

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, outcome.refusal, outcome.reference) == (decline_code, kind, "pi_1")


def test_a_decline_without_a_decline_code_is_known_by_its_code() -> None:
    outcome = charged(refusal("402 No", type="card_error", code="incorrect_cvc"))

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, outcome.refusal) == ("incorrect_cvc", Refusal.BUYER)


@pytest.mark.parametrize(
    ("advice", "kind"),
    [
        ("do_not_try_again", Refusal.INSTRUMENT),
        ("try_again_later", Refusal.TEMPORARY),
        ("confirm_card_data", Refusal.BUYER),
        ("an_advice_of_next_year", Refusal.TEMPORARY),
    ],
)
def test_the_networks_advice_goes_before_the_code(advice: str, kind: Refusal) -> None:
    outcome = charged(
        refusal("402 No", type="card_error", decline_code="insufficient_funds", advice_code=advice)
    )

    assert isinstance(outcome, o.Declined)
    assert outcome.refusal is kind


@pytest.mark.parametrize(
    ("decline_code", "shown"),
    [
        ("insufficient_funds", "Your card has insufficient funds."),
        ("stolen_card", "Your card was declined."),
        ("lost_card", "Your card was declined."),
        ("fraudulent", "Your card was declined."),
    ],
)
def test_a_thief_is_not_told_why(decline_code: str, shown: str) -> None:
    told = {
        "insufficient_funds": "Your card has insufficient funds.",
        "stolen_card": "Your card was reported stolen.",
    }.get(decline_code, "Your card is lost, or used in fraud.")

    outcome = charged(refusal("402 No", type="card_error", decline_code=decline_code, message=told))

    assert isinstance(outcome, o.Declined)
    assert outcome.message == shown


def test_a_duplicate_transaction_is_looked_up() -> None:
    outcome = charged(refusal("402 No", type="card_error", decline_code="duplicate_transaction"))

    assert isinstance(outcome, o.Indeterminate)
    assert not outcome.replayable


@pytest.mark.parametrize(
    ("status", "code"),
    [("400 Bad Request", "amount_too_small"), ("404 Not Found", "resource_missing")],
)
def test_an_impossible_request_is_refused_without_its_reasons(status: str, code: str) -> None:
    script = refusal(status, type="invalid_request_error", code=code, message="No such tok_visa")

    outcome = charged(script)

    assert isinstance(outcome, o.Declined)
    assert (outcome.code, outcome.refusal) == (code, Refusal.REQUEST)
    assert "tok_visa" not in outcome.message


def test_a_token_that_was_spent_elsewhere_needs_another() -> None:
    script = refusal("400 No", type="invalid_request_error", code="token_already_used")

    outcome = charged(script, TOKEN)

    assert isinstance(outcome, o.Declined)
    assert outcome.refusal is Refusal.INSTRUMENT


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
