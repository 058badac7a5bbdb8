"""How a charge whose answer was lost is found again at Stripe, or proven absent."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain import outcomes as o
from shared.providers.stripe.search import MOST_PAGES, WINDOWS, IncompleteSearch, search
from tests.contract.rig import Story
from tests.contract.stripe_rig import StripeRig
from tests.contract.stripe_wire import CHARGE, INTENT, KEY, METHOD, adapter, answer, freeze, refusal
from tests.contract.wire import Script, in_turn, serving

STARTED = datetime(2026, 11, 1, 12, tzinfo=UTC)
OURS = {"charge": str(CHARGE)}


def page(*intents: object, more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": list(intents), "has_more": more}


def intent(number: int, status: str = "succeeded", **metadata: str) -> dict[str, Any]:
    return {"id": f"pi_{number}", "status": status, "metadata": metadata}


class Lists:
    """Stripe's list of PaymentIntents: what was created when, newest first."""

    def __init__(self, created: dict[timedelta, dict[str, Any]]) -> None:
        newest_first = sorted(created.items(), key=lambda item: item[0], reverse=True)
        self.intents = [(int((STARTED + at).timestamp()), one) for at, one in newest_first]
        self.asked: list[dict[str, Any]] = []

    def __call__(self, params: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(params)
        window = params["created"]
        shown = [one for at, one in self.intents if window["gte"] <= at < window["lt"]]
        if "starting_after" in params:
            ids = [one["id"] for one in shown]
            shown = shown[ids.index(params["starting_after"]) + 1 :]
        return page(*shown[: params["limit"]], more=len(shown) > params["limit"])


@pytest.mark.parametrize(
    "at",
    [
        timedelta(minutes=-4),
        timedelta(0),
        timedelta(minutes=5),
        timedelta(minutes=59),
        timedelta(hours=1),
        timedelta(hours=24),
    ],
)
def test_a_payment_intent_is_found_wherever_in_the_keys_life_it_was_made(at: timedelta) -> None:
    lists = Lists({at: intent(1, **OURS), timedelta(seconds=1): intent(2, charge="another")})

    assert search(lists, str(CHARGE), STARTED) == "pi_1"


def test_the_windows_leave_no_gap() -> None:
    assert [end for _, end in WINDOWS[:-1]] == [begin for begin, _ in WINDOWS[1:]]


def test_a_succeeded_payment_intent_goes_before_a_newer_one() -> None:
    lists = Lists(
        {
            timedelta(seconds=1): intent(1, "succeeded", **OURS),
            timedelta(seconds=2): intent(2, "requires_payment_method", **OURS),
        }
    )

    assert search(lists, str(CHARGE), STARTED) == "pi_1"


def test_the_newest_goes_first_where_none_succeeded() -> None:
    lists = Lists(
        {
            timedelta(seconds=1): intent(1, "canceled", **OURS),
            timedelta(seconds=2): intent(2, "processing", **OURS),
        }
    )

    assert search(lists, str(CHARGE), STARTED) == "pi_2"


def test_all_pages_are_read() -> None:
    others = {timedelta(milliseconds=1000 * n): intent(n, charge="another") for n in range(1, 251)}
    lists = Lists(others | {timedelta(0): intent(0, **OURS)})

    assert search(lists, str(CHARGE), STARTED) == "pi_0"
    assert [params.get("starting_after") for params in lists.asked] == [None, "pi_151", "pi_51"]


def test_nothing_is_absent_only_after_every_window() -> None:
    lists = Lists({timedelta(seconds=1): intent(1, charge="another")})

    assert search(lists, str(CHARGE), STARTED) is None
    assert len(lists.asked) == len(WINDOWS)


def test_too_many_pages_prove_nothing() -> None:
    numbers = itertools.count()

    def endless(_: object) -> dict[str, Any]:
        return page(intent(next(numbers), charge="another"), more=True)

    with pytest.raises(IncompleteSearch):
        search(endless, str(CHARGE), STARTED)

    assert next(numbers) == MOST_PAGES


@pytest.mark.parametrize(
    "answered",
    [{}, {"object": "list", "data": []}, page(more=True), {"object": "error", "has_more": False}],
)
def test_a_page_of_no_known_shape_proves_nothing(answered: dict[str, Any]) -> None:
    with pytest.raises(IncompleteSearch):
        search(lambda _: answered, str(CHARGE), STARTED)


def test_a_payment_intent_without_an_id_proves_nothing() -> None:
    nameless = {"status": "succeeded", "metadata": OURS}

    with pytest.raises(IncompleteSearch):
        search(lambda _: page(nameless), str(CHARGE), STARTED)


@pytest.mark.parametrize(
    "script",
    [
        answer({}),
        answer(b"<html>"),
        answer(page(more=True)),
        refusal("500 No", type="api_error"),
        refusal("429 No", type="invalid_request_error"),
        refusal("404 No", type="invalid_request_error"),
        in_turn(answer(page(intent(1, **OURS))), refusal("500 No", type="api_error")),
    ],
)
def test_a_search_that_fails_leaves_it_open(script: Script) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=25)

    with serving(script) as (url, _):
        found = adapter(url).find(freeze(), METHOD, KEY, long_ago)

    assert isinstance(found, o.Indeterminate)


def test_refused_credentials_are_told_by_a_search_too() -> None:
    with serving(refusal("401 No", type="invalid_request_error")) as (url, _):
        found = adapter(url).find(freeze(), METHOD, KEY, datetime.now(UTC))

    assert isinstance(found, o.Misconfigured)


@pytest.mark.parametrize(
    ("age", "verdict"),
    [(timedelta(seconds=1), o.Indeterminate), (timedelta(minutes=10), o.Absent)],
)
def test_what_may_still_be_at_work_is_not_called_absent(
    age: timedelta, verdict: type[o.Outcome]
) -> None:
    with serving(answer(page())) as (url, _):
        found = adapter(url).find(freeze(), METHOD, KEY, datetime.now(UTC) - age)

    assert isinstance(found, verdict)


def test_a_search_asks_on_the_account_that_was_charged() -> None:
    script = in_turn(answer(page(intent(1, **OURS))), answer(INTENT))

    with serving(script) as (url, seen):
        adapter(url).find(freeze(account="acct_1"), METHOD, KEY, datetime.now(UTC))

    assert all(b"Stripe-Account: acct_1\r\n" in request for request in seen)
    assert [request.split(b"?")[0].split(b" ")[1] for request in seen] == [
        b"/v1/payment_intents",
        b"/v1/payment_intents/pi_1",
    ]


STORIES: list[tuple[Story, Callable[[o.Outcome], bool]]] = [
    (Story.PAYS, lambda found: isinstance(found, o.Approved)),
    (Story.IS_DECLINED, lambda found: isinstance(found, o.Declined)),
    (Story.MUST_ACT, lambda found: isinstance(found, o.RequiresAction)),
    (Story.SETTLES_LATER, lambda found: isinstance(found, o.Submitted)),
]


@pytest.mark.parametrize(("story", "is_found"), STORIES)
def test_the_search_tells_what_the_lost_answer_would_have_told(
    stripe: StripeRig, story: Story, is_found: Callable[[o.Outcome], bool]
) -> None:
    request = stripe.request(story)
    call = stripe.adapter.freeze(request)
    stripe.strike("reset_after")
    lost = stripe.adapter.perform(call, request.instrument, KEY)
    for _ in range(3):
        other = stripe.request()
        stripe.adapter.perform(stripe.adapter.freeze(other), other.instrument, str(other.charge))

    found = stripe.adapter.find(call, request.instrument, KEY, datetime.now(UTC))

    assert isinstance(lost, o.Indeterminate)
    assert is_found(found)


@pytest.mark.parametrize("committed", [True, False])
def test_a_stored_error_is_resolved_by_looking(stripe: StripeRig, *, committed: bool) -> None:
    request = stripe.request()
    call = stripe.adapter.freeze(request)
    stripe.strike("500_stored", committed=committed)
    started = datetime.now(UTC) - timedelta(minutes=10)

    answers = [stripe.adapter.perform(call, request.instrument, KEY) for _ in range(2)]
    found = stripe.adapter.find(call, request.instrument, KEY, started)

    assert [(type(one), one.replayable) for one in answers if isinstance(one, o.Indeterminate)] == [
        (o.Indeterminate, False)
    ] * 2
    assert isinstance(found, o.Approved if committed else o.Absent)
    assert len(stripe.captured(request)) == committed
