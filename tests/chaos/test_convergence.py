"""Convergence: from the healing of a fault to the moment at which nothing from before waits."""

from math import inf

from chaos.convergence import Course, course, percentile, seconds_to_rest


def test_a_charge_waits_from_its_acceptance_to_its_end() -> None:
    moves = [("submitting", 11.0), ("succeeded", 15.0)]

    assert course(10.0, moves, []) == Course(10.0, ((10.0, 15.0),))


def test_a_charge_does_not_wait_for_us_while_its_payer_has_it() -> None:
    moves = [("submitting", 11.0), ("requires_action", 12.0), ("succeeded", 30.0)]

    assert course(10.0, moves, [25.0]).waits == ((10.0, 12.0), (25.0, 30.0))


def test_a_charge_without_an_end_waits_for_ever() -> None:
    assert course(10.0, [("submitting", 11.0)], []).waits == ((10.0, inf),)
    assert course(10.0, [("requires_action", 11.0)], [12.0]).waits[-1] == (12.0, inf)


def test_a_move_after_the_end_does_not_make_it_wait_again() -> None:
    moves = [("succeeded", 15.0), ("needs_review", 40.0)]

    assert course(10.0, moves, []).waits == ((10.0, 15.0),)


def test_rest_comes_with_the_last_end_of_what_was_accepted_before_the_healing() -> None:
    early = Course(10.0, ((10.0, 28.0),))
    late = Course(19.0, ((19.0, 25.0),))
    after = Course(21.0, ((21.0, 90.0),))

    assert seconds_to_rest(20.0, [early, late, after]) == 8.0


def test_rest_comes_before_a_wait_that_only_begins_when_a_payer_acts() -> None:
    asked = Course(10.0, ((10.0, 22.0), (40.0, 50.0)))

    assert seconds_to_rest(20.0, [asked]) == 2.0


def test_where_nothing_waits_rest_is_there_at_once() -> None:
    assert seconds_to_rest(20.0, [Course(10.0, ((10.0, 15.0),))]) == 0.0


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(each) for each in range(1, 101)]

    assert [percentile(values, percent) for percent in (50, 90, 99)] == [50.0, 90.0, 99.0]
    assert percentile([3.0], 99) == 3.0
    assert percentile([], 99) == 0.0
