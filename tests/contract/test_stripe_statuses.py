"""What Stripe's answers to a charge say, or leave open, by the real SDK over a real wire."""

import pytest

from shared.domain import outcomes as o
from shared.domain.money import Money
from shared.domain.outcomes import Refusal
from shared.providers.http import CallLimits
from tests.contract.stripe_wire import (
    APPROVED,
    FINAL,
    INTENT,
    KEY,
    METHOD,
    ORDER,
    PAGE,
    adapter,
    answer,
    charged,
    freeze,
    hang,
    intent,
    raw,
    refusal,
    reset,
)
from tests.contract.wire import Script, reply, serving

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
