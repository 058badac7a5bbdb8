"""When a circuit opens, who may probe it, what closes it, how long it rests."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import outcomes as o
from shared.domain.charge import Provider
from shared.domain.circuit import (
    Circuit,
    Key,
    News,
    Rules,
    Sign,
    State,
    Window,
    heed,
    paused,
    sign_of,
)
from shared.windows import Windows
from tests.unit.domain_samples import APPROVED, DECLINED, MISCONFIGURED, NOON

SECOND = timedelta(seconds=1)
RULES = Rules(60 * SECOND, 4, 0.5, 5 * SECOND, 20 * SECOND)
CLOSED = Circuit(State.CLOSED, None, 0, 0, None, NOON - 3600 * SECOND)
RESTING = replace(
    CLOSED, state=State.OPEN, cause=Sign.REFUSED, probe_number=7, probe_at=NOON + SECOND
)
DUE = replace(RESTING, probe_at=NOON)
PAUSED = paused(CLOSED, NOON)


def news(sign: Sign, probe: int | None = None) -> News:
    return News(sign, "why", probe)


@pytest.mark.parametrize(
    ("outcome", "sign"),
    [
        (APPROVED, Sign.SOUND),
        (DECLINED, Sign.SOUND),
        (o.NotSent("429", timedelta(seconds=9)), Sign.SOUND),
        (o.Indeterminate("409"), Sign.SOUND),
        (o.NotSent("no connection", is_ailing=True), Sign.AILING),
        (o.Indeterminate("503", is_ailing=True), Sign.AILING),
        (MISCONFIGURED, Sign.REFUSED),
    ],
)
def test_an_answer_shows_how_the_provider_is(outcome: o.Outcome, sign: Sign) -> None:
    assert sign_of(outcome) is sign


@pytest.mark.parametrize("sign", [Sign.REFUSED, Sign.AILING])
def test_a_closed_circuit_opens_for_the_first_rest(sign: Sign) -> None:
    circuit = heed(CLOSED, news(sign), NOON, RULES)

    assert (circuit.state, circuit.cause, circuit.changed_at) == (State.OPEN, sign, NOON)
    assert circuit.probe_at == NOON + RULES.first_rest


@pytest.mark.parametrize(
    ("circuit", "answer"),
    [
        (CLOSED, news(Sign.SOUND)),
        (CLOSED, news(Sign.SOUND, probe=7)),
        (RESTING, news(Sign.SOUND)),
        (RESTING, news(Sign.SOUND, probe=6)),
        (RESTING, news(Sign.REFUSED)),
        (RESTING, news(Sign.AILING, probe=6)),
        *[(PAUSED, news(sign, probe)) for sign in list(Sign)[:3] for probe in (None, 0)],
    ],
)
def test_what_was_under_way_or_overtaken_changes_nothing(circuit: Circuit, answer: News) -> None:
    assert heed(circuit, answer, NOON, RULES) is circuit


@pytest.mark.parametrize("circuit", [RESTING, DUE])
def test_its_probe_s_answer_closes_it(circuit: Circuit) -> None:
    closed = heed(circuit, news(Sign.SOUND, probe=7), NOON, RULES)

    assert (closed.state, closed.cause, closed.probe_at) == (State.CLOSED, None, None)
    assert (closed.failures, closed.probe_number) == (0, 7)


@pytest.mark.parametrize("sign", [Sign.REFUSED, Sign.AILING])
@pytest.mark.parametrize(("circuit", "probe"), [(RESTING, 7), (DUE, 7), (DUE, None)])
def test_a_probe_that_fails_lengthens_the_rest(circuit: Circuit, probe: int, sign: Sign) -> None:
    opened = heed(circuit, news(sign, probe), NOON, RULES)

    assert (opened.state, opened.cause, opened.failures) == (State.OPEN, sign, 1)
    assert opened.probe_at == NOON + 2 * RULES.first_rest


def test_the_rest_doubles_up_to_the_longest() -> None:
    rests = [RULES.rest(failures) / SECOND for failures in (0, 1, 2, 3, 10_000)]

    assert rests == [5, 10, 20, 20, 20]


def test_calls_from_before_it_closed_do_not_open_it_again() -> None:
    stale = News(Sign.AILING, "503", None, since=CLOSED.changed_at - SECOND)
    fresh = replace(stale, since=CLOSED.changed_at)

    assert heed(CLOSED, stale, NOON, RULES) is CLOSED
    assert heed(CLOSED, fresh, NOON, RULES).state is State.OPEN


@pytest.mark.parametrize(
    ("calls", "opens"),
    [
        ("aaa", False),  # too few
        ("aaaa", True),
        ("ssaa", True),
        ("sssa", False),  # too small a share
        ("aass", False),  # only trouble opens
    ],
)
def test_enough_trouble_in_the_window_opens(calls: str, *, opens: bool) -> None:
    window = Window(RULES)

    told = [
        window.add(NOON + place * SECOND, is_ailing=call == "a") for place, call in enumerate(calls)
    ]

    assert (told[-1] == NOON) is opens
    assert not any(told[:-1])


def test_what_left_the_window_counts_no_more() -> None:
    window = Window(RULES)
    for _ in range(3):
        window.add(NOON, is_ailing=True)

    assert window.add(NOON + 61 * SECOND, is_ailing=True) is None


def test_the_window_begins_anew_once_it_has_spoken() -> None:
    window = Window(RULES)
    told = [window.add(NOON, is_ailing=True) for _ in range(8)]

    assert [at is not None for at in told] == [False, False, False, True] * 2


def test_one_account_s_trouble_is_not_another_s() -> None:
    windows = Windows(RULES)
    ailing = news(Sign.AILING)

    for _ in range(3):
        assert windows.weigh(Key(Provider.STRIPE, "acct_1"), ailing, NOON) is None

    assert windows.weigh(Key(Provider.STRIPE, "acct_2"), ailing, NOON) is None
    assert windows.weigh(Key(Provider.PAYPAL), ailing, NOON) is None
    assert windows.weigh(Key(Provider.STRIPE, "acct_1"), ailing, NOON) is not None


@pytest.mark.parametrize("answer", [news(Sign.REFUSED), news(Sign.SOUND, 1), news(Sign.AILING, 1)])
def test_a_refusal_and_a_probe_s_answer_are_heard_at_once(answer: News) -> None:
    assert Windows(RULES).weigh(Key(Provider.STRIPE), answer, NOON) is answer
