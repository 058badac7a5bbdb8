"""`GET /v1/charges/<id>`: a charge as it stands, or once it changed."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api_shim.patience import Patience
from tests.api.factories import charge_document
from tests.api.platform import BUYER, Platform, data_of, document_of, error_of

MOVE = "UPDATE charges SET updated_at = now(), attempts = attempts + 1 WHERE id = :id"


def test_a_live_charge_says_when_to_look_again(platform: Platform) -> None:
    answer = platform.ask("GET", platform.charged(), as_=BUYER)

    assert answer.status_code == 200
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["ETag"]


def test_a_charge_that_is_known_is_not_sent_again(platform: Platform) -> None:
    path = platform.charged()
    tag = platform.ask("GET", path, as_=BUYER).headers["ETag"]

    answer = platform.ask("GET", path, as_=BUYER, If_None_Match=tag)

    assert (answer.status_code, answer.text) == (304, "")


def test_a_charge_that_moved_is_sent_although_another_was_known(platform: Platform) -> None:
    path = platform.charged()
    tag = platform.ask("GET", path, as_=BUYER).headers["ETag"]
    platform.sql(MOVE, id=_id(path))

    answer = platform.ask("GET", f"{path}?wait=30", as_=BUYER, If_None_Match=tag)

    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag


def test_waiting_ends_with_the_next_change(platform: Platform) -> None:
    path = platform.charged()
    moving = threading.Timer(0.3, lambda: platform.sql(MOVE, id=_id(path)))

    moving.start()
    answer = platform.ask("GET", f"{path}?wait=30", as_=BUYER)

    moving.join()
    assert data_of(answer)["attributes"]["attempts"] == 1


def test_waiting_in_vain_answers_what_stands(platform: Platform) -> None:
    answer = platform.ask("GET", f"{platform.charged()}?wait=0.2", as_=BUYER)

    assert data_of(answer)["attributes"]["status"] == "accepted"


def test_whoever_finds_no_seat_gets_an_answer_at_once() -> None:
    patience, seated, leave = Patience(seats=1), threading.Event(), threading.Event()

    def read() -> str:
        seated.set()
        return "moved" if leave.is_set() else "as it was"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(patience.until_changed, read, "as it was", 60)
        seated.wait()
        second = patience.until_changed(lambda: "read again", "as it was", 60)
        leave.set()

    assert second == "as it was"
    assert first.result() == "moved"


@pytest.mark.parametrize("wait", ["31", "-1", "soon", "nan", "1e9", ""])
def test_a_wait_that_makes_no_sense_is_refused(platform: Platform, wait: str) -> None:
    answer = platform.ask("GET", f"{platform.charged()}?wait={wait}", as_=BUYER)

    assert answer.status_code == 400
    assert error_of(answer)["source"] == {"parameter": "wait"}


def test_a_query_parameter_that_nobody_knows_is_refused(platform: Platform) -> None:
    answer = platform.ask("GET", f"{platform.charged()}?wiat=3", as_=BUYER)

    assert answer.status_code == 400
    assert error_of(answer)["source"] == {"parameter": "wiat"}


@pytest.mark.parametrize("name", ["0", "99999999", "9" * 30, "%00", "x", "1e3"])
def test_a_charge_that_is_not_there_is_not_found(platform: Platform, name: str) -> None:
    answer = platform.ask("GET", f"/v1/charges/{name}", as_=BUYER)

    assert answer.status_code == 404


def test_reading_a_charge_is_one_statement(platform: Platform) -> None:
    path = platform.charged()

    with platform.statements() as seen:
        platform.ask("GET", path, as_=BUYER)

    assert len(seen) == 1


@pytest.mark.parametrize(("key", "most"), [({}, 2), ({"Idempotency_Key": "k"}, 3)])
def test_accepting_a_charge_is_at_most_three_statements(
    platform: Platform, key: dict[str, str], most: int
) -> None:
    path = f"/v1/orders/{platform.order()}/charge"
    document = charge_document(stripe="tok_visa")

    with platform.statements() as seen:
        answer = platform.ask("POST", path, document, as_=BUYER, **key)

    assert answer.status_code == 202
    assert len(seen) == most


def test_an_orders_charges_are_listed_newest_first(platform: Platform) -> None:
    order = platform.order()
    first = platform.charged(order)
    platform.sql(
        "UPDATE charges SET status = 'failed', instrument = NULL WHERE id = :id", id=_id(first)
    )
    second = platform.charged(order)

    answer = platform.ask("GET", f"/v1/orders/{order}/charges", as_=BUYER)

    assert [charge["links"]["self"] for charge in document_of(answer)["data"]] == [second, first]


def _id(path: str) -> int:
    return int(path.rsplit("/", 1)[1])
