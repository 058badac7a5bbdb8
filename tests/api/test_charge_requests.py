"""`POST /v1/orders/<id>/charge`: each row of its table."""

import pytest

from tests.api.factories import charge_document
from tests.api.platform import (
    ADMIN,
    BUYER,
    JSON_API,
    PLATFORM,
    Platform,
    data_of,
    error_of,
)

CLOSED = "You cannot charge payments on a cancelled, expired or completed order"


def test_an_accepted_charge_says_where_it_is_and_when_to_look(platform: Platform) -> None:
    answer = platform.charge(platform.order())

    assert answer.status_code == 202
    assert answer.headers["Location"] == data_of(answer)["links"]["self"]
    assert int(answer.headers["Retry-After"]) >= 1
    assert data_of(answer)["attributes"]["status"] == "accepted"
    assert "tok_visa" not in answer.text


def test_what_is_told_of_a_new_charge_is_what_stands_of_it(platform: Platform) -> None:
    answer = platform.charge(platform.order())

    standing = platform.ask("GET", answer.headers["Location"], as_=BUYER)

    assert standing.get_json(force=True) == answer.get_json(force=True)


@pytest.mark.parametrize(
    "name",
    [
        "9999999",
        "9" * 40,
        "01988c5e-7a10-4000-8000-00000000dead",
        "no-such-order",
        "%00",
        "½",
        "-1",
    ],
)
def test_an_order_that_is_not_there_is_not_found(platform: Platform, name: str) -> None:
    answer = platform.charge(name)

    assert answer.status_code == 404
    assert error_of(answer)["source"] == {"parameter": "order_identifier"}


def test_an_order_is_named_by_key_as_by_identifier(platform: Platform) -> None:
    identifier = platform.order()
    key = data_of(platform.ask("GET", f"/v1/orders/{identifier}", as_=BUYER))["id"]

    by_key, by_identifier = platform.charge(key), platform.charge(identifier)

    assert data_of(by_key)["id"] == data_of(by_identifier)["id"]


def test_another_type_is_a_conflict(platform: Platform) -> None:
    path = f"/v1/orders/{platform.order()}/charge"

    answer = platform.ask("POST", path, {"data": {"type": "payment"}}, as_=BUYER)

    assert answer.status_code == 409
    assert error_of(answer)["detail"] == 'Invalid type. Expected "charge".'
    assert error_of(answer)["source"] == {"pointer": "/data/type"}


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/data"),
        ({"data": None}, "/data"),
        ({"data": {"attributes": {"stripe": "tok_visa"}}}, "/data/type"),
        ({"data": {"type": "charge", "attributes": []}}, "/data/attributes"),
        (charge_document(stripe=7), "/data/attributes/stripe"),
        (charge_document(stripe=["tok_visa"]), "/data/attributes/stripe"),
        (charge_document(stripe={"id": "tok_visa"}), "/data/attributes/stripe"),
        (charge_document(stripe="4242424242424242"), "/data/attributes/stripe"),
        (charge_document(stripe="tok_" + "x" * 300), "/data/attributes/stripe"),
    ],
)
def test_a_document_of_another_shape_is_told_where(
    platform: Platform, document: object, pointer: str
) -> None:
    answer = platform.ask("POST", f"/v1/orders/{platform.order()}/charge", document, as_=BUYER)

    assert answer.status_code == 422
    assert error_of(answer)["source"] == {"pointer": pointer}


@pytest.mark.parametrize("status", ["cancelled", "expired", "completed"])
def test_a_closed_order_is_not_charged(platform: Platform, status: str) -> None:
    order = platform.order()
    _close(platform, order, status)

    answer = platform.charge(order, stripe="tok_mastercard")

    assert answer.status_code == 409
    assert error_of(answer)["detail"] == CLOSED


def test_an_order_past_its_time_is_expired_before_the_sweep_says_so(platform: Platform) -> None:
    order = platform.order(expires_at="2020-01-01T00:00:00Z")

    answer = platform.charge(order)

    assert (answer.status_code, error_of(answer)["detail"]) == (409, CLOSED)


@pytest.mark.parametrize("amount", [None, "0", "0.00"])
def test_a_free_order_is_not_charged(platform: Platform, amount: str | None) -> None:
    answer = platform.charge(platform.order(amount=amount))

    assert answer.status_code == 409
    assert error_of(answer)["detail"] == "You cannot charge payments on a free order"


@pytest.mark.parametrize("mode", ["free", "bank", "cheque", "onsite", "invoice"])
def test_an_order_paid_otherwise_says_how(platform: Platform, mode: str) -> None:
    order = platform.order(payment_mode=mode)

    answer = platform.charge(order, stripe="tok_visa")

    assert answer.status_code == 409
    assert mode in str(error_of(answer)["detail"])


@pytest.mark.parametrize(
    ("mode", "switch", "detail"),
    [
        ("stripe", "can-pay-by-stripe", "This event doesn't accept payments by Stripe"),
        ("paypal", "can-pay-by-paypal", "This event doesn't accept payments by Paypal"),
    ],
)
def test_a_provider_that_the_event_refuses_is_named(
    platform: Platform, mode: str, switch: str, detail: str
) -> None:
    order = platform.order(event=platform.event(**{switch: False}), payment_mode=mode)

    answer = platform.charge(order, stripe="tok_visa", paypal="6O190127TN364715T")

    assert answer.status_code == 409
    assert error_of(answer)["detail"] == detail


@pytest.mark.parametrize("claims", [{"sub": "stranger"}, {"sub": "organizer"}, PLATFORM, ADMIN])
def test_nobody_but_the_buyer_charges(platform: Platform, claims: dict[str, str]) -> None:
    answer = platform.charge(platform.order(), as_=claims)

    assert answer.status_code == 403
    detail = "You can only access your orders or your event's orders"
    assert error_of(answer)["detail"] == detail


def test_the_same_instrument_after_success_is_the_charge_that_paid(platform: Platform) -> None:
    order = platform.order()
    paid = platform.charged(order)
    _pay(platform, order)

    again = platform.charge(order)
    other = platform.charge(order, stripe="tok_mastercard")

    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (202, "true")
    assert data_of(again)["links"]["self"] == paid
    assert (other.status_code, error_of(other)["detail"]) == (409, CLOSED)


def test_members_in_snake_case_are_understood(platform: Platform) -> None:
    order = platform.order(payment_mode="paypal")
    told = {"paypal_payment_id": "PAYID-9", "paypal_payer_id": "PAYER9"}
    document = {"data": {"type": "charge", "attributes": told}}

    answer = platform.ask("POST", f"/v1/orders/{order}/charge", document, as_=BUYER)

    assert answer.status_code == 202


def test_unknown_members_and_ids_of_the_clients_are_ignored(platform: Platform) -> None:
    attributes = {"stripe": "tok_visa", "status": "succeeded", "amount": "0.01"}
    document = {"data": {"type": "charge", "id": "7777777", "attributes": attributes}}

    answer = platform.ask("POST", f"/v1/orders/{platform.order()}/charge", document, as_=BUYER)

    assert answer.status_code == 202
    assert data_of(answer)["id"] != "7777777"
    assert data_of(answer)["attributes"]["amount"] == "19.99"
    assert data_of(answer)["attributes"]["status"] == "accepted"


def test_credentials_that_are_missing_leave_the_order_as_it_is(bare_platform: Platform) -> None:
    order = bare_platform.order()

    answer = bare_platform.charge(order)
    shown = bare_platform.ask("GET", f"/v1/orders/{order}", as_=BUYER)

    assert answer.status_code == 409
    assert error_of(answer)["detail"] == "Stripe credentials not found for the event."
    assert data_of(shown)["attributes"]["status"] == "pending"
    assert answer.content_type == JSON_API


def _close(platform: Platform, order: str, status: str) -> None:
    if status == "completed":
        platform.charged(order)
        _pay(platform, order)
    else:
        statement = "UPDATE orders SET status = :status WHERE identifier = :order"
        platform.sql(statement, status=status, order=order)


def _pay(platform: Platform, order: str) -> None:
    platform.sql(
        "UPDATE charges SET status = 'succeeded', amount_captured_minor = amount_minor,"
        " capture_reference = identifier::text, instrument = NULL, claimed_until = NULL"
        " WHERE order_id = (SELECT id FROM orders WHERE identifier = :order)",
        order=order,
    )
    statement = "UPDATE orders SET status = 'completed', completed_at = now() WHERE identifier = :o"
    platform.sql(statement, o=order)
