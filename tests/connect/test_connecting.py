"""`POST /v1/stripe-authorization`: each row of its table."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.factories import authorization_document
from tests.api.platform import NOWHERE, data_of, error_of
from tests.connect.conftest import MakeStage
from tests.connect.stage import COLLECTION, ORGANIZER, Stage

EVENT_POINTER = {"pointer": "/data/relationships/event"}
CODE_POINTER = {"pointer": "/data/attributes/stripe-auth-code"}
EXCHANGE = "POST /oauth/token$"


def linked(event: object) -> dict[str, Any]:
    """A request whose relationships are these."""
    attributes = {"stripe-auth-code": "ac_1"}
    data: dict[str, Any] = {"type": "stripe-authorization", "attributes": attributes}
    return {"data": data | ({} if event is None else {"relationships": event})}


def coded(stage: Stage, attributes: object) -> dict[str, Any]:
    """A request whose attributes are these."""
    document = authorization_document(stage.platform.event(), "ac_1")
    del document["data"]["attributes"]
    return {"data": document["data"] | ({} if attributes is None else {"attributes": attributes})}


def test_a_code_connects_the_organizers_account_to_the_event(stage: Stage) -> None:
    event = stage.platform.event()
    told = stage.control.authorization_code()

    answer = stage.post(authorization_document(event, told["code"]))

    assert answer.status_code == 201
    attributes = data_of(answer)["attributes"]
    assert set(attributes) == {"stripe-publishable-key", "stripe-user-id"}
    assert attributes["stripe-user-id"] == told["account"]
    assert attributes["stripe-publishable-key"].startswith("pk_test_")
    assert answer.headers["Location"] == data_of(answer)["links"]["self"]


def test_the_code_may_be_spelt_with_underscores(stage: Stage) -> None:
    code = stage.control.authorization_code()["code"]

    answer = stage.post(coded(stage, {"stripe_auth_code": code}))

    assert answer.status_code == 201


def test_the_tokens_are_stored_encrypted(stage: Stage) -> None:
    _, key, _ = stage.authorized()

    ((access, refresh),) = stage.platform.sql(
        "SELECT access_token, refresh_token FROM stripe_authorizations WHERE id = :id", id=int(key)
    )

    assert b"sk_test" not in bytes(access)
    assert stage.platform.deps.vault.open(bytes(access)).startswith("sk_test_")
    assert stage.platform.deps.vault.open(bytes(refresh)).startswith("rt_")


@pytest.mark.parametrize(
    "relationships",
    [
        None,
        {},
        {"event": None},
        {"event": {}},
        {"event": {"data": None}},
        {"event": {"data": []}},
        {"event": {"data": {"type": "event"}}},
        {"event": {"data": {"type": "order", "id": "1"}}},
        {"event": {"data": {"type": "event", "id": 7}}},
    ],
)
def test_without_an_event_it_is_told_that_one_is_required(
    stage: Stage, relationships: object
) -> None:
    answer = stage.post(linked(relationships))

    assert answer.status_code == 422
    error = error_of(answer)
    assert error["detail"] == "A valid relationship with event resource is required"
    assert error["source"] == EVENT_POINTER


@pytest.mark.parametrize(
    "attributes",
    [
        None,
        {},
        {"stripe-auth-code": None},
        {"stripe-auth-code": ""},
        {"stripe-auth-code": " \t"},
        {"stripe-auth-code": 7},
        {"stripe-auth-code": "x" * 300},
        {"stripe-auth-code": "ac_\x00"},
    ],
)
def test_without_a_code_it_is_told_where_one_belongs(stage: Stage, attributes: object) -> None:
    answer = stage.post(coded(stage, attributes))

    assert answer.status_code == 422
    assert error_of(answer)["source"] == CODE_POINTER


def test_another_type_is_a_conflict(stage: Stage) -> None:
    document = authorization_document(stage.platform.event(), "ac_1")
    document["data"]["type"] = "authorization"

    answer = stage.post(document)

    assert answer.status_code == 409
    assert error_of(answer)["detail"] == 'Invalid type. Expected "stripe-authorization".'


def test_an_unknown_event_is_not_found(stage: Stage) -> None:
    answer = stage.post(authorization_document("no-such-event", "ac_1"))

    assert answer.status_code == 404
    assert error_of(answer)["detail"] == "Event: no-such-event not found"


def test_a_platform_that_is_not_set_up_takes_none(make: MakeStage) -> None:
    stage = make(stripe_client_id="")

    answer = stage.authorize(stage.platform.event())

    assert answer.status_code == 403
    detail = "Stripe payment isn't configured properly for the Platform"
    assert error_of(answer)["detail"] == detail


def test_a_platform_that_stripe_refuses_is_not_set_up_either(stage: Stage) -> None:
    stage.control.fault("401", EXCHANGE)

    answer = stage.authorize(stage.platform.event())

    assert answer.status_code == 403
    assert "configured properly" in error_of(answer)["detail"]


def test_a_second_one_is_refused_before_its_code_is_spent(stage: Stage) -> None:
    event, _, _ = stage.authorized()
    code = stage.control.authorization_code()["code"]

    second = stage.post(authorization_document(event, code))
    elsewhere = stage.post(authorization_document(stage.platform.event(), code))

    assert second.status_code == 409
    detail = "Stripe Authorization already exists for this event"
    assert error_of(second)["detail"] == detail
    assert elsewhere.status_code == 201


def test_a_code_that_stripe_refuses_is_told_in_stripes_words(stage: Stage) -> None:
    event = stage.platform.event()

    answer = stage.post(authorization_document(event, "ac_invented"))

    assert answer.status_code == 422
    assert error_of(answer)["detail"] == "Authorization code does not exist: …"
    assert error_of(answer)["source"] == CODE_POINTER
    assert stage.authorizations_of(event) == 0


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("502", 502),
        ("503", 502),
        ("500_before", 502),
        ("malformed_json", 502),
        ("empty_body", 502),
        ("wrong_shape", 502),
        ("truncate_after", 502),
        ("reset_after", 502),
        ("302", 502),
        ("429", 503),
    ],
)
def test_without_an_answer_from_stripe_nothing_is_stored(
    stage: Stage, fault: str, status: int
) -> None:
    event = stage.platform.event()
    stage.control.fault(fault, EXCHANGE)

    answer = stage.authorize(event)
    later = stage.authorize(event)

    assert answer.status_code == status
    assert error_of(answer)["status"] == str(status)
    assert later.status_code == 201


def test_where_stripe_cannot_be_reached_one_may_try_again(make: MakeStage) -> None:
    stage = make(stripe_connect_base=NOWHERE)
    event = stage.platform.event()

    answer = stage.authorize(event)

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert stage.authorizations_of(event) == 0


def test_no_connection_to_the_database_is_held_while_stripe_is_asked(make: MakeStage) -> None:
    stage = make(database_pool_size=1)
    event = stage.platform.event()
    stage.control.fault("delay", EXCHANGE, ms=1500)
    before = stage.asked("/oauth/token")

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(stage.authorize, event)
        stage.control.wait_for(lambda _: stage.asked("/oauth/token") > before)
        meanwhile = stage.platform.ask("GET", "/v1/orders", as_=ORGANIZER)

        assert not asked.done()
        assert meanwhile.status_code == 200
        assert asked.result().status_code == 201


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_there_is_no_list(stage: Stage, method: str) -> None:
    answer = stage.platform.ask(method, COLLECTION, as_=ORGANIZER)

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_of_two_at_once_one_is_stored_and_the_others_account_is_let_go_of(stage: Stage) -> None:
    event = stage.platform.event()
    stage.control.fault("delay", EXCHANGE, ms=300, times=2)
    codes = [stage.control.authorization_code() for _ in range(2)]

    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda c: stage.post(authorization_document(event, c["code"])), codes)
        )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    kept = [stage.is_connected(code["account"]) for code in codes]
    assert kept == [answer.status_code == 201 for answer in answers]


def test_of_two_at_once_for_one_account_the_account_stays(stage: Stage) -> None:
    event, account = stage.platform.event(), f"acct_1{uuid.uuid4().hex[:12]}"
    stage.control.fault("delay", EXCHANGE, ms=300, times=2)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: stage.authorize(event, account), range(2)))

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert stage.is_connected(account)
