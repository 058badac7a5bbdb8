"""`Idempotency-Key`: the same request under the same key has the same answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shared.db import unit_of_work
from shared.repository.overdue import forget_old_keys
from tests.api.factories import charge_document
from tests.api.platform import BUYER, Platform, data_of, error_of

VISA, MASTERCARD = charge_document(stripe="tok_visa"), charge_document(stripe="tok_mastercard")
FAIL = "UPDATE charges SET status = 'failed', instrument = NULL WHERE id = :id"


def test_a_key_replays_its_answer_to_the_letter(platform: Platform) -> None:
    path = f"/v1/orders/{platform.order()}/charge"
    first = platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key="k1-2")
    platform.sql("UPDATE charges SET attempts = 7 WHERE id = :id", id=data_of(first)["id"])

    again = platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key="k1-2")

    assert (again.status_code, again.text) == (first.status_code, first.text)
    for name in ("Location", "Retry-After"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


def test_a_key_outlives_its_charge(platform: Platform) -> None:
    path = f"/v1/orders/{platform.order()}/charge"
    first = platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key="k1-3")
    platform.sql(FAIL, id=data_of(first)["id"])

    replayed = platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key="k1-3")
    anew = platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key="k2-3")

    assert data_of(replayed)["id"] == data_of(first)["id"] != data_of(anew)["id"]


def test_a_key_that_joined_a_live_charge_is_bound_to_it(platform: Platform) -> None:
    path = f"/v1/orders/{platform.order()}/charge"
    live = platform.ask("POST", path, VISA, as_=BUYER)
    joined = platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key="late-4")
    platform.sql(FAIL, id=data_of(live)["id"])

    again = platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key="late-4")

    assert joined.headers["Idempotent-Replayed"] == "true"
    assert data_of(again)["id"] == data_of(live)["id"]


def test_a_key_with_another_body_is_refused(platform: Platform) -> None:
    path = f"/v1/orders/{platform.order()}/charge"
    platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key="k-5")

    answer = platform.ask("POST", path, MASTERCARD, as_=BUYER, Idempotency_Key="k-5")

    assert answer.status_code == 422
    assert error_of(answer)["source"] == {"header": "Idempotency-Key"}


def test_a_key_used_about_another_order_is_refused(platform: Platform) -> None:
    paths = [f"/v1/orders/{platform.order()}/charge" for _ in range(2)]
    platform.ask("POST", paths[0], VISA, as_=BUYER, Idempotency_Key="one-order")

    answer = platform.ask("POST", paths[1], VISA, as_=BUYER, Idempotency_Key="one-order")

    assert answer.status_code == 422


def test_a_key_is_the_same_however_its_order_is_named(platform: Platform) -> None:
    identifier = platform.order()
    number = data_of(platform.ask("GET", f"/v1/orders/{identifier}", as_=BUYER))["id"]
    names = (identifier, number, identifier.upper())

    answers = [
        platform.ask("POST", f"/v1/orders/{n}/charge", VISA, as_=BUYER, Idempotency_Key="named")
        for n in names
    ]

    assert len({answer.text for answer in answers}) == 1


def test_the_same_members_otherwise_written_are_the_same_body(platform: Platform) -> None:
    path = f"/v1/orders/{platform.order()}/charge"
    other = b'{ "data": {"attributes": {"paypal": null, "stripe": "tok_visa"}, "type": "charge"}}'

    first = platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key="k-8")
    again = platform.ask("POST", path, other, as_=BUYER, Idempotency_Key="k-8")

    assert again.text == first.text


def test_a_refused_request_binds_no_key(platform: Platform) -> None:
    path = f"/v1/orders/{platform.order()}/charge"
    platform.ask("POST", path, charge_document(stripe=""), as_=BUYER, Idempotency_Key="k-9")

    answer = platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key="k-9")

    assert answer.status_code == 202


def test_a_strangers_key_says_nothing_of_anothers(platform: Platform) -> None:
    path = f"/v1/orders/{platform.order()}/charge"
    platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key="k-10")

    answer = platform.ask("POST", path, VISA, as_={"sub": "stranger"}, Idempotency_Key="k-10")

    assert answer.status_code == 403


def test_one_key_at_the_same_moment_is_one_charge(platform: Platform) -> None:
    path = f"/v1/orders/{platform.order()}/charge"

    def click(_: int) -> str:
        return platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key="k-11").text

    with ThreadPoolExecutor(12) as pool:
        answers = set(pool.map(click, range(24)))

    assert len(answers) == 1


@pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel", "a\tb"])
def test_a_malformed_key_is_refused(platform: Platform, key: str) -> None:
    path = f"/v1/orders/{platform.order()}/charge"

    answer = platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key=key)

    assert answer.status_code == 400
    assert error_of(answer)["source"] == {"header": "Idempotency-Key"}


@pytest.mark.parametrize(("days", "kept"), [(29, 1), (31, 0)])
def test_keys_are_kept_thirty_days(platform: Platform, days: int, kept: int) -> None:
    path = f"/v1/orders/{platform.order()}/charge"
    key = f"old-{days}"
    platform.ask("POST", path, VISA, as_=BUYER, Idempotency_Key=key)
    later = datetime.now(UTC) + timedelta(days=days)

    with unit_of_work(platform.deps.engine) as connection:
        forget_old_keys(connection, later)

    rows = platform.sql("SELECT count(*) FROM idempotency_keys WHERE key = :key", key=key)
    assert rows == [(kept,)]
