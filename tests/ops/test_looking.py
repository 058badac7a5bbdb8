"""From what somebody says to what happened, in three clicks at most."""

import re

import pytest

from tests.api.platform import Platform, make_platform
from tests.ops.conftest import READER, Desk, SitDown, id_of

LINK = re.compile(r'href="(/ops/charges/\d+)"')


def test_a_buyer_says_she_paid_and_her_order_is_pending(platform: Platform, reader: Desk) -> None:
    order = platform.order()
    charge = id_of(platform.charged(order))

    answer = reader.client.get(f"/ops/search?q={order}")  # one click: the search

    assert answer.headers["Location"] == f"/ops/charges/{charge}"
    page = reader.get(answer.headers["Location"]).text
    assert f"Charge {charge}: accepted" in page
    assert "19.99 USD" in page


def test_a_charge_leads_to_its_tasks_where_flower_is_known(
    platform: Platform, reader: Desk, database_url: str, redis: str
) -> None:
    charge = id_of(platform.charged())
    elsewhere = make_platform(database_url, redis, flower_url="https://flower.example")
    told = Desk(elsewhere.app.test_client())
    told.post("/ops/sign-in", token=elsewhere.token(READER))

    page = told.get(f"/ops/charges/{charge}").text

    assert f"https://flower.example/tasks?name=charge%20kwargs%3Acharge%3D{charge}%20" in page
    assert "in Flower" not in reader.get(f"/ops/charges/{charge}").text
    elsewhere.deps.engine.dispose()


def test_a_charge_leads_to_what_the_platform_was_told_of_it(
    platform: Platform, actor: Desk
) -> None:
    platform.endpoint()
    charge = id_of(platform.charged())
    actor.act(f"/ops/charges/{charge}/cancel")

    page = actor.get(f"/ops/charges/{charge}").text

    assert "charge.canceled pending" in page
    ((event, identifier),) = platform.sql(
        "SELECT id, identifier FROM outbound_events WHERE event_type = 'charge.canceled'"
    )
    assert f'<a href="/ops/outbound/{event}">outbound event</a>' in page
    assert f"/ops/outbound/{event}" in actor.get(f"/ops/search?q={identifier}").text


def test_an_order_that_was_charged_twice_leads_to_both(platform: Platform, reader: Desk) -> None:
    order = platform.order()
    first = platform.charged(order)
    platform.sql(
        "UPDATE charges SET status = 'failed', failure_code = 'card_declined', instrument = NULL,"
        " dispatch_at = NULL, next_attempt_at = NULL WHERE id = :id",
        id=id_of(first),
    )
    second = platform.charged(order)

    page = reader.get(f"/ops/search?q={order}").text

    assert set(LINK.findall(page)) == {f"/ops/charges/{id_of(each)}" for each in (first, second)}


def test_what_nothing_is_named_is_said_and_not_run(reader: Desk) -> None:
    page = reader.get("/ops/search?q=<script>alert(1)</script>").text

    assert "Nothing is named &lt;script&gt;" in page
    assert "<script" not in page


@pytest.mark.parametrize("charge", ["999999999", str(2**70)])
def test_a_charge_that_is_none_is_a_page_that_says_so(reader: Desk, charge: str) -> None:
    answer = reader.get(f"/ops/charges/{charge}")

    assert answer.status_code == 404
    assert "There is no charge" in answer.text


def test_no_page_shows_what_a_buyer_pays_with(platform: Platform, reader: Desk) -> None:
    charge = id_of(platform.charged(stripe="tok_secret_visa"))

    assert "tok_secret_visa" not in reader.get(f"/ops/charges/{charge}").text


def test_home_counts_what_is_not_over(platform: Platform, reader: Desk) -> None:
    platform.sql("UPDATE charges SET dispatch_at = now() - interval '90 seconds'")
    platform.charged()

    page = reader.get("/ops").text

    assert "<td>stripe accepted</td>" in page
    assert "Queue depth: due, and not yet with a worker" in page


def test_home_says_how_charges_fared_over_the_window_that_is_chosen(
    platform: Platform, reader: Desk
) -> None:
    platform.sql("UPDATE charges SET created_at = now() - interval '40 days'")
    for status, count in (("succeeded", 3), ("failed", 1), ("needs_review", 1)):
        for _ in range(count):
            end_as(platform, status, "20 minutes", took="2 seconds")
    end_as(platform, "failed", "2 hours", took="50 minutes")

    hour, day = (figures(reader.get(f"/ops?over={over}").text) for over in ("hour", "day"))

    assert (hour["Accepted"], day["Accepted"]) == ("5", "6")
    assert (hour["Settled"], hour["Failed"], hour["Needs review"]) == ("4", "1", "1")
    assert (hour["Success rate"], day["Success rate"]) == ("75 %", "60 %")
    assert (hour["95 % settled within"], day["95 % settled within"]) == ("2.5 s", "1 h")
    assert day["Half settled within"] == "2.5 s"


def test_home_draws_what_it_counts_and_says_it_in_words_too(
    platform: Platform, reader: Desk
) -> None:
    end_as(platform, "succeeded", "40 minutes", took="2 seconds")

    page = reader.get("/ops?over=hour").text

    assert page.count('role="img"') == 6
    for title in (
        *("Charges", "Success rate", "95 % settled within", "95 % of webhooks handled within"),
        *("95 % of deliveries made within", "Webhooks and deliveries waiting"),
    ):
        assert f">{title}</title>" in page
        assert f"{title} as a table" in page
    assert "<td>100 %</td>" in page


def test_overdue_charges_are_listed_the_longest_first(platform: Platform, reader: Desk) -> None:
    charges = [id_of(platform.charged()) for _ in range(3)]
    platform.sql(
        "UPDATE charges SET created_at = now() - id * interval '1 hour' WHERE id = ANY(:ids)",
        ids=charges[1:],
    )

    page = reader.get("/ops/charges?status=overdue").text

    listed = [int(path.rsplit("/", 1)[1]) for path in LINK.findall(page)]
    assert [charge for charge in listed if charge in charges] == charges[:0:-1]


def test_why_charges_failed_stands_in_their_list(platform: Platform, reader: Desk) -> None:
    charge = id_of(platform.charged())
    platform.sql(
        "UPDATE charges SET status = 'failed', failure_code = 'card_declined', instrument = NULL,"
        " dispatch_at = NULL, next_attempt_at = NULL WHERE id = :id",
        id=charge,
    )

    assert "<td>card_declined</td>" in reader.get("/ops/charges?status=failed").text


@pytest.mark.parametrize(("over", "plots"), [("hour", 6), ("day", 6), ("week", 3), ("month", 3)])
def test_home_draws_lags_where_that_is_quick_and_else_says_where(
    reader: Desk, over: str, plots: int
) -> None:
    page = reader.get(f"/ops?over={over}").text

    assert page.count('role="img"') == plots
    assert ("is drawn over an hour and a day" in page) == (plots == 3)


def test_a_window_that_is_none_is_refused(reader: Desk) -> None:
    answer = reader.get("/ops?over=century")

    assert answer.status_code == 400
    assert "hour, day, week, month" in answer.text


def end_as(platform: Platform, status: str, ago: str, *, took: str) -> None:
    """A charge by Stripe that was accepted so long ago, and stands so."""
    path = platform.paid() if status == "succeeded" else platform.charged()
    platform.sql(
        "UPDATE charges SET status = :status, instrument = NULL,"
        " dispatch_at = NULL, next_attempt_at = NULL, created_at = now() - CAST(:ago AS interval),"
        " settled_at = CASE WHEN :status <> 'needs_review'"
        " THEN now() - CAST(:ago AS interval) + CAST(:took AS interval) END WHERE id = :id",
        status=status,
        ago=ago,
        took=took,
        id=id_of(path),
    )


def figures(page: str) -> dict[str, str]:
    """Stripe's figures on the front page, by their names."""
    page = page.partition("<h2>Over the last")[2]
    names = re.findall(r'<th scope="col">([^<]+)</th>', page.partition("</thead>")[0])
    row = page.partition('<th scope="row">stripe</th>')[2].partition("</tr>")[0]
    return dict(zip(names[1:], re.findall(r"<td>([^<]+)</td>", row), strict=True))


def test_a_charge_says_whose_money_it_is_and_leads_to_its_order(
    platform: Platform, reader: Desk
) -> None:
    order = platform.order()
    first = id_of(platform.charged(order))
    platform.sql(
        "UPDATE charges SET status = 'failed', failure_code = 'card_declined', instrument = NULL,"
        " dispatch_at = NULL, next_attempt_at = NULL WHERE id = :id",
        id=first,
    )
    second = id_of(platform.charged(order))

    page = reader.get(f"/ops/charges/{second}").text

    assert f'<a href="/ops/search?q={order}">{order}</a>, pending' in page
    assert "<dd>buyer, for event " in page
    assert f'<a href="/ops/charges/{first}">{first}</a> failed' in page


def test_why_a_charge_waits_stands_first(platform: Platform, actor: Desk) -> None:
    charge = id_of(platform.charged())
    page = actor.get(f"/ops/charges/{charge}").text
    assert "The next attempt is due, and waits for a worker." in page

    actor.act("/ops/circuits/pause", provider="stripe", account="", reason="Stripe is out")
    page = actor.get(f"/ops/charges/{charge}").text
    actor.act("/ops/circuits/resume", provider="stripe", account="")

    assert "grace paused stripe at" in page
    assert page.index("Stripe is out") < page.index("<dl>")


def test_a_circuit_is_resumed_from_its_row(actor: Desk) -> None:
    actor.act("/ops/circuits/pause", provider="paypal", account="")

    row = actor.get("/ops/circuits").text.partition("<tbody>")[2].partition("</tbody>")[0]

    assert 'action="/ops/circuits/resume"' in row
    assert 'name="provider" value="paypal"' in row
    actor.act("/ops/circuits/resume", provider="paypal", account="")
    assert "/ops/circuits/resume" not in actor.get("/ops/circuits").text


def test_endpoints_that_are_told_nothing_are_seen_and_what_they_miss(
    platform: Platform, actor: Desk
) -> None:
    endpoint = int(platform.endpoint())
    actor.act(f"/ops/charges/{id_of(platform.charged())}/cancel")
    ((event,),) = platform.sql("SELECT max(id) FROM outbound_events")
    platform.sql(
        "UPDATE outbound_deliveries SET status = 'given_up', next_attempt_at = NULL,"
        " dispatch_at = NULL, finished_at = now() WHERE event_id = :id",
        id=event,
    )
    platform.sql(
        "UPDATE outbound_endpoints SET status = 'disabled', disabled_reason = 'failing'"
        " WHERE id = :id",
        id=endpoint,
    )

    given_up = actor.get("/ops/outbound?status=given_up").text

    assert "disabled: failing" in given_up
    assert f'href="/ops/outbound/{event}"' in given_up
    assert f'href="/ops/outbound/{event}"' not in actor.get("/ops/outbound?status=delivered").text
    assert actor.get("/ops/outbound?status=lost").status_code == 400


def test_the_audit_is_read_page_by_page_by_who_acted_and_how(
    platform: Platform, actor: Desk, sit_down: SitDown
) -> None:
    linus = sit_down({"sub": "linus", "scope": "ops:act"})
    for name in ("pause", "resume"):
        linus.act(f"/ops/circuits/{name}", provider="stripe", account="")

    by_linus = actor.get("/ops/audit?actor=linus").text
    pauses = actor.get("/ops/audit?actor=linus&action=circuit.pause").text

    assert "grace</td>" not in by_linus
    assert ("circuit.pause" in by_linus, "circuit.resume" in by_linus) == (True, True)
    assert "<td>circuit.resume</td>" not in pauses
    ((oldest,),) = platform.sql("SELECT min(id) FROM operator_actions")
    assert "Nothing yet." in actor.get(f"/ops/audit?before={oldest}").text


def test_of_an_event_s_body_only_what_is_known_to_be_harmless_is_shown(
    platform: Platform, reader: Desk
) -> None:
    ((event,),) = platform.sql(
        "INSERT INTO webhook_events (provider, event_id, event_type, body, created_at, received_at,"
        " handled_at, result, found_by, dispatch_at) VALUES ('stripe', 'evt_body',"
        " 'charge.updated', :body, now(), now(), now(), 'ignored', 'webhook', NULL) RETURNING id",
        body=b'{"data": {"object": {"amount": 1999, "client_secret": "pi_secret"}}}',
    )

    page = reader.get(f"/ops/webhooks/{event}").text

    assert '"amount": 1999' in page
    assert "client_secret" in page
    assert "pi_secret" not in page
