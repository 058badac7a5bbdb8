"""From a task in Flower to what it is about, and from an attempt back to its task."""

from tests.api.platform import Platform, make_platform
from tests.ops.conftest import READER, Desk, id_of


def test_a_refund_s_task_leads_to_the_charge(platform: Platform, reader: Desk) -> None:
    charge = platform.paid()
    refund = id_of(platform.refunded(charge))

    answer = reader.client.get(f"/ops/refunds/{refund}")

    assert answer.headers["Location"] == f"/ops/charges/{id_of(charge)}"


def test_a_delivery_s_task_leads_to_its_event(platform: Platform, actor: Desk) -> None:
    platform.endpoint()
    actor.act(f"/ops/charges/{id_of(platform.charged())}/cancel")
    ((delivery, event),) = platform.sql(
        "SELECT id, event_id FROM outbound_deliveries ORDER BY id DESC LIMIT 1"
    )

    answer = actor.client.get(f"/ops/deliveries/{delivery}")

    assert answer.headers["Location"] == f"/ops/outbound/{event}"


def test_what_is_gone_is_a_page_that_says_so(reader: Desk) -> None:
    for path in ("refunds/404404", "deliveries/404404", f"refunds/{2**64}"):
        assert reader.get(f"/ops/{path}").status_code == 404


def test_an_attempt_leads_to_its_task_where_flower_is_known(
    platform: Platform, reader: Desk, database_url: str, redis: str
) -> None:
    charge = id_of(platform.charged())
    platform.sql(
        "INSERT INTO attempts (charge_id, number, operation, idempotency_key, request,"
        " key_expires_at, maybe_executed, replayable, started_at, task_id) VALUES (:charge, 1,"
        " 'stripe.payment_intents.create', 'chg-x-1', '{}', now(), false, true, now(),"
        " '0a1b2c3d-aaaa')",
        charge=charge,
    )
    elsewhere = make_platform(database_url, redis, flower_url="https://flower.example/")
    told = Desk(elsewhere.app.test_client())
    told.post("/ops/sign-in", token=elsewhere.token(READER))

    led = told.get(f"/ops/charges/{charge}").text
    named = reader.get(f"/ops/charges/{charge}").text
    elsewhere.deps.engine.dispose()

    assert '<a href="https://flower.example/task/0a1b2c3d-aaaa">task 0a1b2c3d</a>' in led
    assert "0a1b2c3d-aaaa" in named
    assert "/task/" not in named
