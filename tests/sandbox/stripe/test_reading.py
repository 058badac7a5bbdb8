"""Lists, filters, pages, expansion, search, events: how a lost payment is found again."""

import pytest
import stripe

from tests.sandbox.stripe.shop import Shop


def test_auto_paging_meets_every_intent_once_newest_first(shop: Shop) -> None:
    made = [shop.pay(amount=100 + n).id for n in range(7)]

    pages = shop.api.payment_intents.list({"limit": 3}).auto_paging_iter()

    assert [intent.id for intent in pages] == made[::-1]


def test_a_page_before_a_cursor_ends_at_it(shop: Shop) -> None:
    made = [shop.pay(amount=100 + n).id for n in range(4)]

    page = shop.api.payment_intents.list({"limit": 2, "ending_before": made[0]})

    assert [intent.id for intent in page.data] == [made[2], made[1]]
    assert page.has_more is True


def test_an_unknown_cursor_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.api.payment_intents.list({"starting_after": "pi_x"})

    assert (refused.value.code, refused.value.param) == ("resource_missing", "starting_after")


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_one_to_a_hundred_members(shop: Shop, limit: int) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="between 1 and 100"):
        shop.api.payment_intents.list({"limit": limit})


def test_a_list_is_filtered_by_when_things_were_made(shop: Shop) -> None:
    old = shop.pay().id
    shop.control.advance(3600)
    new = shop.pay()
    since = {"created": {"gte": new.created - 60}}

    recent = shop.api.payment_intents.list(since).data
    earlier = shop.api.payment_intents.list({"created": {"lt": new.created - 60}}).data

    assert [intent.id for intent in recent] == [new.id]
    assert [intent.id for intent in earlier] == [old]


def test_charges_are_listed_by_intent(shop: Shop) -> None:
    first, _ = shop.pay(), shop.pay()

    charges = shop.api.charges.list({"payment_intent": first.id}).data

    assert [charge.id for charge in charges] == [first.latest_charge]


def test_expansion_goes_several_levels_deep(shop: Shop) -> None:
    paid = shop.pay(expand=["latest_charge.balance_transaction", "payment_method"])
    listed = shop.api.payment_intents.list({"expand": ["data.latest_charge"]}).data[0]

    assert paid.latest_charge.balance_transaction.net == 1999 - 87
    assert paid.payment_method.card.last4 == "4242"
    assert listed.latest_charge.id == paid.latest_charge.id


def test_search_finds_by_metadata_and_status(shop: Shop) -> None:
    wanted = shop.pay(metadata={"payment_id": "p-1"})
    shop.pay(metadata={"payment_id": "p-2"})
    query = "metadata['payment_id']:'p-1' AND status:'succeeded' AND amount>1000"

    found = shop.api.payment_intents.search({"query": query})

    assert [intent.id for intent in found.data] == [wanted.id]
    assert found.object == "search_result"


def test_search_pages_by_token(shop: Shop) -> None:
    made = {shop.pay(amount=100 + n).id for n in range(5)}

    found = shop.api.payment_intents.search({"query": "amount<=200", "limit": 2})

    assert {intent.id for intent in found.auto_paging_iter()} == made


def test_search_lags_behind_the_truth(shop: Shop) -> None:
    shop.control.settings(search_lag_seconds=60)
    paid = shop.pay(metadata={"payment_id": "p-1"})
    asked = {"query": "metadata['payment_id']:'p-1'"}

    at_once = shop.api.payment_intents.search(asked).data
    shop.control.advance(61)
    later = shop.api.payment_intents.search(asked).data

    assert at_once == []
    assert [intent.id for intent in later] == [paid.id]


@pytest.mark.parametrize(
    "query", ["", "colour:'red'", "status='succeeded'", "status:'a' AND amount>1 OR amount<5"]
)
def test_a_query_that_cannot_be_read_is_refused(shop: Shop, query: str) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.api.payment_intents.search({"query": query})


def test_charges_are_searched_too(shop: Shop) -> None:
    paid = shop.pay(metadata={"payment_id": "p-1"})

    found = shop.api.charges.search({"query": "metadata['payment_id']~'P-'"})

    assert [charge.id for charge in found.data] == [paid.latest_charge]


def test_events_are_listed_by_type(shop: Shop) -> None:
    paid = shop.pay()

    both = shop.api.events.list({"types": ["charge.succeeded", "payment_intent.succeeded"]}).data
    one = shop.api.events.list({"type": "payment_intent.created"}).data

    assert [e.type for e in both] == ["payment_intent.succeeded", "charge.succeeded"]
    assert one[0].data.object.id == paid.id
    assert shop.api.events.retrieve(one[0].id).type == "payment_intent.created"


def test_an_event_shows_the_object_as_it_was(shop: Shop) -> None:
    paid = shop.pay()

    created = shop.told("payment_intent.created")[0]["data"]["object"]
    succeeded = shop.told("payment_intent.succeeded")[0]["data"]["object"]

    assert (created["id"], created["status"]) == (paid.id, "requires_confirmation")
    assert succeeded["status"] == "succeeded"


def test_an_event_names_the_request_that_caused_it(shop: Shop) -> None:
    paid = shop.pay(key="k")

    cause = shop.told("payment_intent.succeeded")[0]["request"]

    assert cause == {"id": paid.last_response.request_id, "idempotency_key": "k"}


def test_events_are_kept_for_thirty_days(shop: Shop) -> None:
    shop.pay()
    event = shop.told()[0]["id"]
    shop.control.advance(31 * 86400)

    remembered = shop.told()
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        shop.api.events.retrieve(event)

    assert remembered == []


def test_at_most_twenty_event_types_can_be_asked_for(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="at most 20"):
        shop.api.events.list({"types": [f"type.{n}" for n in range(21)]})


def test_the_balance_is_pending_for_two_days(shop: Shop) -> None:
    shop.pay()

    at_once = shop.api.balance.retrieve()
    shop.control.advance(3 * 86400)
    later = shop.api.balance.retrieve()

    assert (at_once.pending[0].amount, at_once.available[0].amount) == (1912, 0)
    assert (later.pending[0].amount, later.available[0].amount) == (0, 1912)


def test_balance_transactions_tell_charge_refund_fee(shop: Shop) -> None:
    paid = shop.pay()
    shop.api.refunds.create({"payment_intent": paid.id, "amount": 500})

    told = shop.api.balance_transactions.list().data

    assert [(t.type, t.amount, t.fee) for t in told] == [("refund", -500, 0), ("charge", 1999, 87)]
    assert shop.api.balance_transactions.list({"source": paid.latest_charge}).data == told[1:]


def test_the_account_can_be_read(shop: Shop) -> None:
    account = shop.api.accounts.retrieve_current()

    assert account.id.startswith("acct_")
    assert account.charges_enabled is True
