"""An event's orders are charged on its organizer's account, and on nobody else's."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.event import listen, remove
from sqlalchemy.exc import OperationalError

from shared.db import unit_of_work
from shared.domain.charge import Provider
from shared.domain.money import Money
from shared.providers.connect import Grant
from shared.repository import authorizations, intake
from shared.repository.idempotency import CallerKey
from tests.api.platform import BUYER, data_of, error_of
from tests.connect.conftest import MakeStage
from tests.connect.stage import Stage
from worker import charging

MISSING = "Stripe credentials not found for the event."


def only_a_key(stage: Stage) -> tuple[str, str]:
    """An event whose authorization is an organizer's own key, as an import leaves it; account."""
    event = stage.platform.event()
    code = stage.control.authorization_code()
    connector = stage.platform.deps.connector
    grant = connector.exchange(code["code"]) if connector else None
    assert isinstance(grant, Grant)
    sealed = stage.platform.deps.vault.seal(grant.access_token)
    stage.platform.sql(
        "INSERT INTO stripe_authorizations (event_id, access_token, livemode, scope, authorized_at)"
        " SELECT id, :sealed, false, 'read_write', now() FROM events WHERE identifier = :event",
        sealed=sealed,
        event=event,
    )
    return event, str(code["account"])


def test_an_order_is_charged_on_the_account_of_its_event(stage: Stage) -> None:
    event, _, account = stage.authorized()
    theirs, ours = stage.charged(event), stage.charged(stage.platform.event())

    stage.run()

    assert (stage.status(theirs), stage.status(ours)) == ("succeeded", "succeeded")
    assert stage.charged_on(theirs) == account
    assert stage.charged_on(ours) is None


def test_the_account_is_fixed_when_the_charge_is_accepted(stage: Stage) -> None:
    event, key, account = stage.authorized()
    path = stage.charged(event)

    stage.renew(key)
    stage.run()

    assert stage.row(path).account == account
    assert stage.charged_on(path) == account


def test_two_organizers_orders_charged_at_once_land_on_their_own_accounts(stage: Stage) -> None:
    accounts: dict[str, str] = {}
    for _ in range(2):
        event, _, account = stage.authorized()
        accounts |= {stage.charged(event): account for _ in range(8)}
    stage.control.fault("delay", "POST /v1/payment_intents$", ms=50, times=16)
    keys = [int(path.rsplit("/", 1)[1]) for path in accounts]

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: charging.execute(stage.platform.deps, key), keys))

    assert {path: stage.charged_on(path) for path in accounts} == accounts
    assert {stage.status(path) for path in accounts} == {"succeeded"}


def test_without_an_authorization_the_platform_charges_only_if_it_wants_to(make: MakeStage) -> None:
    stage = make(stripe_platform_charges=False)
    order = stage.platform.order()

    answer = stage.platform.charge(order)

    assert answer.status_code == 409
    assert error_of(answer)["detail"] == MISSING
    told = stage.platform.ask("GET", f"/v1/orders/{order}", as_=BUYER)
    assert data_of(told)["attributes"]["status"] == "pending"


def test_with_an_authorization_it_is_charged_whatever_the_platform_wants(make: MakeStage) -> None:
    stage = make(stripe_platform_charges=False)
    event, _, account = stage.authorized()

    path = stage.charged(event)
    stage.run()

    assert stage.charged_on(path) == account


@pytest.mark.parametrize("change", ["revoked_at = now()", "livemode = true"])
def test_an_authorization_that_does_not_stand_is_no_credential(stage: Stage, change: str) -> None:
    event, key, _ = stage.authorized()
    stage.platform.sql(
        f"UPDATE stripe_authorizations SET {change} WHERE id = :id",  # noqa: S608
        id=int(key),
    )

    answer = stage.platform.charge(stage.platform.order(event=event))

    assert answer.status_code == 409
    assert error_of(answer)["detail"] == MISSING


def test_paypal_does_not_ask_for_it(make: MakeStage) -> None:
    stage = make(stripe_platform_charges=False)
    order = stage.platform.order(**{"payment-mode": "paypal"})

    assert stage.platform.charge(order, paypal="5O190127TN364715T").status_code == 202


def test_a_charge_takes_three_statements_with_an_authorization_as_without(stage: Stage) -> None:
    event, _, _ = stage.authorized()
    order = stage.platform.order(event=event)

    with stage.platform.statements() as seen:
        answer = stage.platform.charge(order)

    assert answer.status_code == 202
    assert len(seen) <= 3


def test_an_organizers_own_key_charges_and_is_nowhere_to_be_seen(stage: Stage) -> None:
    event, account = only_a_key(stage)

    path = stage.charged(event)
    stage.run()

    assert stage.status(path) == "succeeded"
    assert stage.charged_on(path) == account
    (attempt,) = stage.platform.sql(
        "SELECT request FROM attempts WHERE charge_id = :id", id=stage.row(path).id
    )
    assert attempt.request["account"].startswith("key_")
    assert "sk_test_" not in json.dumps(attempt.request)


def test_an_organizers_own_key_is_not_exchanged_under_a_live_charge(stage: Stage) -> None:
    event, _ = only_a_key(stage)
    stage.charged(event)
    told = stage.platform.ask("GET", f"/v1/events/{event}/stripe-authorization", as_=BUYER)

    renewed, deleted = stage.renew(data_of(told)["id"]), stage.delete(data_of(told)["id"])

    assert (renewed.status_code, deleted.status_code) == (409, 409)


def test_an_organizers_own_key_is_deleted_without_asking_stripe(stage: Stage) -> None:
    event, _ = only_a_key(stage)
    told = stage.platform.ask("GET", f"/v1/events/{event}/stripe-authorization", as_=BUYER)
    before = stage.asked("/oauth/deauthorize")

    answer = stage.delete(data_of(told)["id"])

    assert answer.status_code == 200
    assert stage.asked("/oauth/deauthorize") == before


@contextmanager
def revoked_once_read(stage: Stage, key: str) -> Iterator[None]:
    """Revoke the authorization between the two statements of the next acceptance."""
    engine = stage.platform.deps.engine

    def revoke(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "LEFT JOIN stripe_authorizations" in statement:
            with unit_of_work(engine) as other:
                authorizations.revoke_authorization(other, int(key), datetime.now(UTC))

    listen(engine, "after_cursor_execute", revoke)
    try:
        yield
    finally:
        remove(engine, "after_cursor_execute", revoke)


def test_an_authorization_revoked_while_a_charge_is_accepted_is_not_charged_on(
    stage: Stage,
) -> None:
    event, key, _ = stage.authorized()
    order = stage.platform.order(event=event)

    with revoked_once_read(stage, key):
        answer = stage.platform.charge(order)

    assert answer.status_code == 409
    assert error_of(answer)["detail"] == MISSING
    assert stage.platform.charge(stage.platform.order()).status_code == 202


def revoke_impatiently(stage: Stage, account: str) -> None:
    now = datetime.now(UTC)
    with unit_of_work(stage.platform.deps.engine) as connection:
        connection.execute(text("SET LOCAL lock_timeout = '200ms'"))
        authorizations.revoke_account(connection, account, seen_at=now, now=now)


def test_who_revokes_an_authorization_waits_for_charges_accepted_on_it(stage: Stage) -> None:
    event, key, account = stage.authorized()
    order, now = uuid.UUID(stage.platform.order(event=event)), datetime.now(UTC)
    engine, caller = stage.platform.deps.engine, CallerKey("buyer", "/", None)

    with unit_of_work(engine) as connection:
        target = intake.lock_target(connection, intake.OrderKey(None, order), caller, now)
        assert target
        new = intake.NewCharge(
            identifier=uuid.uuid4(),
            order_id=target.order_id,
            provider=Provider.STRIPE,
            money=Money(1999, "USD"),
            sealed_instrument=None,
            fingerprint=uuid.uuid4().bytes,
            authorization=target.authorization,
        )
        accepted = intake.accept_charge(connection, new, now)
        with pytest.raises(OperationalError, match="lock timeout"):
            revoke_impatiently(stage, account)

    assert accepted.charge_id
    assert stage.delete(key).status_code == 409
