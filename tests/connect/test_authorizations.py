"""Stripe authorizations read and changed: each row of their table."""

from typing import Any

import pytest

from tests.api.factories import authorization_document
from tests.api.platform import data_of, document_of, error_of
from tests.connect.stage import COLLECTION, ORGANIZER, Stage

STRANGER = {"sub": "stranger"}


def test_nobody_but_an_organizer_posts_changes_or_deletes(stage: Stage) -> None:
    event, key, _ = stage.authorized()
    other = authorization_document(stage.platform.event(), "ac_1")

    answers = [
        stage.post(other, as_=STRANGER),
        stage.change(key, as_=STRANGER),
        stage.delete(key, as_=STRANGER),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    details = {error_of(answer)["detail"] for answer in answers}
    assert details == {"Minimum Organizer access required"}
    assert stage.authorizations_of(event) == 1


def test_it_moves_only_between_events_that_one_organizes_both(stage: Stage) -> None:
    _, key, _ = stage.authorized()
    theirs = stage.platform.event(**{"organizer-ids": ["somebody else"]})
    ours = stage.platform.event()

    stolen = stage.change(key, event=theirs)
    moved = stage.change(key, event=ours)

    assert stolen.status_code == 403
    assert error_of(stolen)["detail"] == "Minimum Organizer access required"
    assert moved.status_code == 200
    assert (stage.authorizations_of(theirs), stage.authorizations_of(ours)) == (0, 1)


def test_it_cannot_be_taken_from_anothers_event(stage: Stage) -> None:
    _, key, _ = stage.authorized(organizers=["organizer", "partner"])
    mine = stage.platform.event(**{"organizer-ids": ["thief"]})

    assert stage.change(key, as_={"sub": "thief"}, event=mine).status_code == 403


def test_an_event_that_refuses_stripe_takes_none(stage: Stage) -> None:
    closed = stage.platform.event(**{"can-pay-by-stripe": False})
    _, key, _ = stage.authorized()

    answers = [stage.authorize(closed), stage.change(key, event=closed)]

    assert [answer.status_code for answer in answers] == [403, 403]
    details = {error_of(answer)["detail"] for answer in answers}
    assert details == {"Stripe payment is disabled for this Event"}


def test_any_user_may_read_one_and_sees_no_secret(stage: Stage) -> None:
    event, key, account = stage.authorized()

    one = stage.platform.ask("GET", f"{COLLECTION}/{key}", as_=STRANGER)
    of_event = stage.platform.ask("GET", f"/v1/events/{event}/stripe-authorization", as_=STRANGER)

    assert document_of(one) == document_of(of_event)
    assert data_of(one)["attributes"]["stripe-user-id"] == account
    assert "sk_test" not in one.text
    assert "rt_" not in one.text


def test_an_event_is_named_by_key_as_by_identifier(stage: Stage) -> None:
    event, key, _ = stage.authorized()
    told = data_of(stage.platform.ask("GET", f"{COLLECTION}/{key}", as_=STRANGER))
    row = told["relationships"]["event"]["data"]["id"]

    answer = stage.platform.ask("GET", f"/v1/events/{row}/stripe-authorization", as_=STRANGER)

    assert data_of(answer)["id"] == key
    assert row != event


def test_an_event_without_one_says_so(stage: Stage) -> None:
    event = stage.platform.event()
    ((row,),) = stage.platform.sql("SELECT id FROM events WHERE identifier = :e", e=event)

    answer = stage.platform.ask("GET", f"/v1/events/{event}/stripe-authorization", as_=STRANGER)

    assert answer.status_code == 404
    assert error_of(answer)["detail"] == f"StripeAuthorization: {row} not found"


def test_an_event_that_is_not_there_says_so(stage: Stage) -> None:
    answer = stage.platform.ask("GET", "/v1/events/none/stripe-authorization", as_=STRANGER)

    assert answer.status_code == 404
    assert error_of(answer)["detail"] == "Event: none not found"


@pytest.mark.parametrize(
    "key", ["9999999", "9" * 40, "01988c5e-7a10-4000-8000-00000000dead", "none", "%00", "-1"]
)
def test_one_that_is_not_there_is_not_found(stage: Stage, key: str) -> None:
    answers = [
        stage.platform.ask(method, f"{COLLECTION}/{key}", as_=ORGANIZER)
        for method in ("GET", "DELETE")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_change_repeats_the_id_of_its_address(stage: Stage) -> None:
    _, key, _ = stage.authorized()
    path = f"{COLLECTION}/{key}"

    def changed(**data: object) -> Any:
        document = {"data": {"type": "stripe-authorization"} | data}
        return stage.platform.ask("PATCH", path, document, as_=ORGANIZER)

    missing, other, same = changed(), changed(id=f"{key}0"), changed(id=key)

    assert (missing.status_code, other.status_code, same.status_code) == (400, 400, 200)
    assert error_of(missing)["detail"] == 'Missing id in "data" node'
    assert error_of(other)["detail"] == "Value of id does not match the resource identifier in url"


def test_a_new_code_is_exchanged_again(stage: Stage) -> None:
    event, key, first = stage.authorized()

    answer = stage.renew(key)

    assert answer.status_code == 200
    told = data_of(answer)["attributes"]
    assert told["stripe-user-id"] != first
    assert stage.authorizations_of(event) == 1
    assert stage.is_connected(first), "what it was paid may still be refunded there"


def test_a_change_whose_code_is_refused_changes_nothing(stage: Stage) -> None:
    event, key, account = stage.authorized()
    other = stage.platform.event()

    answer = stage.change(key, event=other, stripe_auth_code="ac_invented")

    assert answer.status_code == 422
    told = stage.platform.ask("GET", f"/v1/events/{event}/stripe-authorization", as_=STRANGER)
    assert data_of(told)["attributes"]["stripe-user-id"] == account


def test_it_does_not_move_to_an_event_that_has_one(stage: Stage) -> None:
    (_, key, _), (taken, _, _) = stage.authorized(), stage.authorized()

    answer = stage.change(key, event=taken)

    assert answer.status_code == 409
    assert error_of(answer)["detail"] == "Stripe Authorization already exists for this event"


def test_moving_is_refused_while_a_charge_of_the_event_is_live(stage: Stage) -> None:
    event, key, _ = stage.authorized()
    stage.charged(event)

    assert stage.change(key, event=stage.platform.event()).status_code == 409
