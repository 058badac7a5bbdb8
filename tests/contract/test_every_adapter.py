"""What every payment provider's adapter owes its callers."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain import outcomes as o
from shared.domain.errors import ForgedWebhook, UnrepresentableAmount
from shared.domain.money import Money
from shared.providers.base import ChargeRequest, FrozenCall, Translation
from tests.contract.rig import PRICE, Rig, Story

AN_HOUR = timedelta(hours=1)

LOST_BEFORE = ["reset_before", "close_before"]
"""Nothing happened, but nobody can know."""

LOST_AFTER = [
    "reset_after",
    "close_after",
    "truncate_after",
    "chunked_truncation",
    "malformed_json",
    "empty_body",
    "wrong_shape",
    "id_mixup",
]
"""It happened, but the answer says nothing of it."""


def freeze(rig: Rig, request: ChargeRequest) -> FrozenCall:
    """Freeze the call, through JSON as the database keeps it."""
    call = rig.adapter.freeze(request)
    return FrozenCall(call.operation, json.loads(json.dumps(call.body)))


def key_of(request: ChargeRequest) -> str:
    return f"chg-{request.charge}-1"


def perform(rig: Rig, request: ChargeRequest) -> o.Outcome:
    return rig.adapter.perform(freeze(rig, request), request.instrument, key_of(request))


def test_an_approval_carries_all_that_is_checked_before_marking_paid(rig: Rig) -> None:
    request = rig.request()

    outcome = perform(rig, request)

    assert isinstance(outcome, o.Approved)
    assert outcome.money == PRICE
    assert str(request.charge) in outcome.our_references
    assert (outcome.livemode, outcome.account) == (False, None)
    assert outcome.capture_reference
    assert outcome.card is not None
    assert rig.captured(request) == [PRICE]


def test_the_same_key_moves_money_once(rig: Rig) -> None:
    request = rig.request()
    call = freeze(rig, request)

    first = rig.adapter.perform(call, request.instrument, key_of(request))
    second = rig.adapter.perform(call, request.instrument, key_of(request))

    assert isinstance(first, o.Approved)
    assert second == first
    assert rig.captured(request) == [PRICE]


def test_a_decline_is_definite_and_can_be_shown(rig: Rig) -> None:
    request = rig.request(Story.IS_DECLINED)

    outcome = perform(rig, request)

    assert isinstance(outcome, o.Declined)
    assert outcome.code
    assert outcome.message
    assert outcome.refusal is not o.Refusal.REQUEST
    assert rig.captured(request) == []


def test_a_payer_who_must_act_is_told_how(rig: Rig) -> None:
    request = rig.request(Story.MUST_ACT)

    outcome = perform(rig, request)

    assert isinstance(outcome, o.RequiresAction)
    assert outcome.reference
    assert outcome.action.url or outcome.action.client_secret
    assert rig.captured(request) == []


def test_what_settles_later_is_submitted(rig: Rig) -> None:
    request = rig.request(Story.SETTLES_LATER)

    outcome = perform(rig, request)

    assert isinstance(outcome, o.Submitted)
    assert outcome.reference
    assert outcome.reason


@pytest.mark.parametrize(
    ("decimal", "currency"),
    [("19.99", "USD"), ("0.29", "USD"), ("64.10", "EUR"), ("1000", "JPY"), ("10.005", "KWD")],
)
def test_an_amount_is_taken_to_the_minor_unit_or_not_at_all(
    rig: Rig, decimal: str, currency: str
) -> None:
    money = Money.parse(decimal, currency)

    try:
        request = rig.request(money=money)
        outcome = perform(rig, request)
    except UnrepresentableAmount:
        assert currency == "KWD"
        return

    # Some amounts are exact but below what the provider takes.
    taken = [money] if isinstance(outcome, o.Approved) else []
    assert isinstance(outcome, o.Approved | o.Declined)
    assert rig.captured(request) == taken


def test_what_never_connected_was_not_sent(rig: Rig) -> None:
    request = rig.request()

    outcome = rig.stranded.perform(freeze(rig, request), request.instrument, key_of(request))

    assert isinstance(outcome, o.NotSent)


@pytest.mark.parametrize("fault", LOST_BEFORE)
def test_a_request_lost_on_its_way_is_no_refusal(rig: Rig, fault: str) -> None:
    request = rig.request()
    rig.strike(fault)

    lost = perform(rig, request)
    again = perform(rig, request)

    assert isinstance(lost, o.Indeterminate)
    assert lost.replayable
    assert isinstance(again, o.Approved)
    assert rig.captured(request) == [PRICE]


@pytest.mark.parametrize("fault", LOST_AFTER)
def test_a_lost_answer_is_found_again_by_the_same_key(rig: Rig, fault: str) -> None:
    perform(rig, rig.request())
    request = rig.request()
    rig.strike(fault)

    lost = perform(rig, request)
    again = perform(rig, request)

    assert isinstance(lost, o.Indeterminate)
    assert lost.replayable
    assert isinstance(again, o.Approved)
    assert rig.captured(request) == [PRICE]


@pytest.mark.parametrize("fault", ["hang_after", "slow_body"])
def test_an_answer_that_takes_too_long_is_given_up(rig: Rig, fault: str) -> None:
    request = rig.request()
    call = freeze(rig, request)
    rig.strike(fault, **({"ms": 200, "bytes": 8} if fault == "slow_body" else {"seconds": 60}))

    lost = rig.hasty.perform(call, request.instrument, key_of(request))
    again = rig.adapter.perform(call, request.instrument, key_of(request))

    assert isinstance(lost, o.Indeterminate)
    assert isinstance(again, o.Approved)
    assert rig.captured(request) == [PRICE]


def test_a_lost_answer_is_found_by_looking(rig: Rig) -> None:
    request = rig.request()
    call = freeze(rig, request)
    rig.strike("reset_after")
    rig.adapter.perform(call, request.instrument, key_of(request))

    found = rig.adapter.find(call, request.instrument, key_of(request), datetime.now(UTC))

    assert isinstance(found, o.Approved)
    assert found.money == PRICE
    assert str(request.charge) in found.our_references


def test_a_decline_whose_answer_was_lost_is_found_by_looking(rig: Rig) -> None:
    request = rig.request(Story.IS_DECLINED)
    call = freeze(rig, request)
    rig.strike("reset_after")
    rig.adapter.perform(call, request.instrument, key_of(request))

    found = rig.adapter.find(call, request.instrument, key_of(request), datetime.now(UTC))

    assert not isinstance(found, o.Approved | o.Submitted)
    assert rig.captured(request) == []


def test_looking_for_what_never_was_finds_no_money(rig: Rig) -> None:
    request = rig.request()
    perform(rig, rig.request())

    found = rig.adapter.find(
        freeze(rig, request), request.instrument, key_of(request), datetime.now(UTC) - AN_HOUR
    )

    assert isinstance(found, o.Absent)


def test_looking_without_an_answer_proves_nothing(rig: Rig) -> None:
    request = rig.request()

    found = rig.stranded.find(
        freeze(rig, request), request.instrument, key_of(request), datetime.now(UTC) - AN_HOUR
    )

    assert isinstance(found, o.Indeterminate)


@pytest.mark.parametrize("fault", ["500_before", "502", "503", "504"])
def test_a_server_error_leaves_it_open(rig: Rig, fault: str) -> None:
    request = rig.request()
    rig.strike(fault)

    lost = perform(rig, request)
    again = perform(rig, request)

    assert isinstance(lost, o.Indeterminate)
    assert isinstance(again, o.Approved)
    assert rig.captured(request) == [PRICE]


def test_a_rate_limit_was_not_sent_and_says_for_how_long(rig: Rig) -> None:
    request = rig.request()
    rig.strike("429", retry_after=7)

    outcome = perform(rig, request)
    again = perform(rig, request)

    assert isinstance(outcome, o.NotSent)
    assert outcome.retry_after == timedelta(seconds=7)
    assert isinstance(again, o.Approved)


def test_unknown_credentials_are_nobodys_decline(rig: Rig) -> None:
    request = rig.request()

    outcome = rig.stranger.perform(freeze(rig, request), request.instrument, key_of(request))

    assert isinstance(outcome, o.Misconfigured)
    assert rig.captured(request) == []


def test_a_missing_permission_is_nobodys_decline(rig: Rig) -> None:
    request = rig.request()
    rig.strike("403")

    outcome = perform(rig, request)

    assert isinstance(outcome, o.Misconfigured)
    assert rig.captured(request) == []


def test_a_redirect_is_not_followed(rig: Rig) -> None:
    request = rig.request()
    rig.strike("302", location="/elsewhere")

    outcome = perform(rig, request)

    assert isinstance(outcome, o.Indeterminate)
    assert rig.captured(request) == []


def test_an_approved_charge_reads_the_same_later(rig: Rig) -> None:
    approved = perform(rig, rig.request())
    assert isinstance(approved, o.Approved)

    read = rig.adapter.fetch(approved.reference, None)

    assert read == approved


def test_a_read_without_an_answer_says_nothing(rig: Rig) -> None:
    approved = perform(rig, rig.request())
    assert isinstance(approved, o.Approved)

    assert isinstance(rig.stranded.fetch(approved.reference, None), o.Indeterminate)
    assert isinstance(rig.stranger.fetch(approved.reference, None), o.Misconfigured)


def test_a_genuine_webhook_is_verified_and_tells_of_the_charge(rig: Rig) -> None:
    request = rig.request()
    approved = perform(rig, request)
    assert isinstance(approved, o.Approved)
    delivery = rig.payment_event(request)

    event = rig.adapter.verify(delivery.headers, delivery.body)
    told = rig.adapter.translate(delivery.body, event.account)

    assert event.event_id
    assert not event.livemode
    assert abs(event.created_at - datetime.now(UTC)) < AN_HOUR
    assert isinstance(told.fact, o.Approved)
    assert (told.fact.reference, told.fact.money) == (approved.reference, PRICE)
    assert str(request.charge) in told.fact.our_references | told.our_references
    assert {approved.reference, approved.capture_reference} <= told.references


def test_a_changed_webhook_is_forged(rig: Rig) -> None:
    request = rig.request()
    perform(rig, request)
    delivery = rig.payment_event(request)
    cheaper = delivery.body.replace(b"19", b"18", 1)
    assert cheaper != delivery.body

    with pytest.raises(ForgedWebhook):
        rig.adapter.verify(delivery.headers, cheaper)


def test_a_webhook_without_its_headers_is_forged(rig: Rig) -> None:
    request = rig.request()
    perform(rig, request)
    delivery = rig.payment_event(request)

    with pytest.raises(ForgedWebhook):
        rig.adapter.verify({}, delivery.body)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"null", b"[]", b"{}", b'{"object": []}', b"[" * 100_000]
)
def test_a_stored_event_of_any_shape_can_be_read(rig: Rig, body: bytes) -> None:
    assert rig.adapter.translate(body, None) == Translation(None)


def test_no_outcome_and_no_frozen_call_shows_a_secret(rig: Rig) -> None:
    texts: list[str] = []

    for story in Story:
        request = rig.request(story)
        texts += [repr(freeze(rig, request)), repr(perform(rig, request))]
        texts.append(
            repr(rig.stranger.perform(freeze(rig, request), request.instrument, key_of(request)))
        )

    assert [text for text in texts if any(secret in text for secret in rig.secrets)] == []
