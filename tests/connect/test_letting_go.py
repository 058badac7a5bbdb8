"""`DELETE /v1/stripe-authorization/<id>`: when it may go, and what becomes of the account."""

from tests.api.platform import document_of
from tests.connect.stage import Stage

DEAUTHORIZE = "/oauth/deauthorize"


def test_deleting_lets_go_of_the_account_and_is_done_once(stage: Stage) -> None:
    event, key, account = stage.authorized()

    first, second = stage.delete(key), stage.delete(key)

    assert (first.status_code, second.status_code) == (200, 404)
    assert document_of(first)["meta"] == {"message": "Object successfully deleted"}
    assert stage.authorizations_of(event) == 0
    assert not stage.is_connected(account)


def test_deleting_is_refused_while_a_charge_of_the_event_is_live(stage: Stage) -> None:
    event, key, account = stage.authorized()
    stage.charged(event)

    refused = stage.delete(key)
    stage.run()
    settled = stage.delete(key)

    assert refused.status_code == 409
    assert settled.status_code == 200
    assert list(stage.accounts_charged().values()).count(account) == 1


def test_an_account_that_another_event_needs_is_not_let_go_of(stage: Stage) -> None:
    _, first, account = stage.authorized()
    _, second, _ = stage.authorized(account)

    before = stage.asked(DEAUTHORIZE)
    kept, asked = stage.delete(first), stage.asked(DEAUTHORIZE)
    gone = stage.delete(second)

    assert (kept.status_code, gone.status_code) == (200, 200)
    assert asked == before
    assert not stage.is_connected(account)


def test_what_stripe_did_not_hear_of_is_deleted_by_asking_again(stage: Stage) -> None:
    event, key, account = stage.authorized()
    stage.control.fault("502", "POST /oauth/deauthorize$")

    unheard = stage.delete(key)
    meanwhile = stage.platform.charge(stage.platform.order(event=event))
    again = stage.delete(key)

    assert (unheard.status_code, again.status_code) == (502, 200)
    assert meanwhile.status_code == 409
    assert not stage.is_connected(account)


def test_what_stripe_did_without_saying_so_is_deleted_by_asking_again(stage: Stage) -> None:
    event, key, _ = stage.authorized()
    stage.control.fault("reset_after", "POST /oauth/deauthorize$")

    unheard, again = stage.delete(key), stage.delete(key)

    assert (unheard.status_code, again.status_code) == (502, 200)
    assert stage.authorizations_of(event) == 0
