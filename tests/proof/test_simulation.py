"""The simulation: many schedules break no law, and what once broke one never does again."""

import subprocess
import sys
from pathlib import Path

import pytest

from proof.moves import Kind, Move
from proof.schedule import Trial, draw, replay
from proof.shrinking import shrink
from shared.domain.charge import Provider

PROJECT = Path(__file__).resolve().parents[2]
STRIPE, PAYPAL = Provider.STRIPE, Provider.PAYPAL

BEGUN = (Move(Kind.ACCEPT, 0, 1), Move(Kind.RELAY, 0, 1), Move(Kind.DELIVER, 0, 1))
"""A charge is accepted, told of, and claimed."""
TAKEN_UP = (
    *(Move(Kind.RELAY, 0, 1), Move(Kind.DELIVER, 0, 1)),
    *(Move(Kind.STEP), Move(Kind.STEP), Move(Kind.STEP)),
)
PAID = (*BEGUN, Move(Kind.STEP), Move(Kind.STEP), Move(Kind.STEP), Move(Kind.LOSE))
REFUNDING = (
    *(Move(Kind.ASK, 0, 1), Move(Kind.RELAY, 0, 1)),
    *(Move(Kind.DELIVER, 0, 1), Move(Kind.STEP)),
)
"""A refund is asked for, claimed, and on its way to the provider."""


@pytest.mark.timeout(900)
def test_a_thousand_schedules_break_no_law() -> None:
    command = [sys.executable, "-m", "proof.simulate", "--schedules", "1000"]

    run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    assert "1000 schedules" in run.stdout
    assert "every law held" in run.stdout


def test_a_seed_always_tells_the_same_story() -> None:
    first, second = draw(11), draw(11)

    assert first == second
    assert first != draw(14)


def test_a_schedule_replayed_by_its_moves_ends_as_it_ended() -> None:
    trials = [draw(seed) for seed in range(20)]

    again = [replay(trial.provider, trial.moves) for trial in trials]

    assert again == trials


def test_a_failing_schedule_shrinks_to_what_breaks_the_law() -> None:
    def live(provider: Provider, moves: tuple[Move, ...]) -> Trial:
        kinds = [move.kind for move in moves]
        breaks = Kind.KILL in kinds and Kind.WAIT in kinds[kinds.index(Kind.KILL) :]
        return Trial(provider, moves, "Violation: made up: here" if breaks else None, ())

    noise = tuple(Move(kind, 3, 3) for kind in Kind)
    moves = (*noise, Move(Kind.KILL, 5, 7), *noise)

    found = shrink(live(STRIPE, moves), live)

    assert [move.kind for move in found.moves] == [Kind.KILL, Kind.WAIT]
    assert all(move.pick == 0 for move in found.moves)


FOUND = {
    "a late answer dispatches no charge that waits for its payer": (
        STRIPE,
        (
            *BEGUN,
            Move(Kind.STEP),  # it asks
            Move(Kind.ARRIVE, 0, 4),  # the payer must act
            Move(Kind.RECEIVE, 0, 1),  # the webhook tells
            Move(Kind.RELAY, 0, 1),
            Move(Kind.DELIVER, 0, 1),
            Move(Kind.STEP, 1),
            Move(Kind.STEP, 0, 2),  # and the answer is lost
        ),
    ),
    "a charge that is given up leaves no attempt open": (
        STRIPE,
        (
            Move(Kind.ACCEPT, 0, 1),
            Move(Kind.WAIT, 0, 9),  # longer than what was never sent may wait
            *BEGUN[1:],
            Move(Kind.STEP),
            Move(Kind.STEP, 0, 3),  # no connection could be made
        ),
    ),
    "a request that is still at work at the end of its key is not called absent": (
        STRIPE,
        (
            *BEGUN,
            Move(Kind.KILL),  # before it asks
            Move(Kind.WAIT, 0, 10),  # until five seconds before the key's margin
            Move(Kind.RELAY, 0, 1),
            Move(Kind.DELIVER, 0, 1),
            Move(Kind.STEP),  # it asks
            Move(Kind.STEP, 0, 2),  # and hears nothing, while the request is at work
            Move(Kind.WAIT, 0, 3),
            Move(Kind.RELAY, 0, 1),
            Move(Kind.DELIVER, 0, 1),  # a successor looks, and sees nothing yet
            Move(Kind.STEP),
            Move(Kind.STEP),
        ),
    ),
    "a refund whose worker died is looked for at the end of its key": (
        STRIPE,
        (
            *PAID,
            *REFUNDING,
            Move(Kind.ARRIVE),  # the money goes back
            Move(Kind.KILL),
            Move(Kind.WAIT, 0, 11),  # past the end of the key
            *TAKEN_UP,
        ),
    ),
    "a refund that is still at work at the end of its key is not called absent": (
        STRIPE,
        (
            *PAID,
            *REFUNDING[:-1],
            Move(Kind.KILL),  # before it asks
            Move(Kind.WAIT, 0, 10),  # until five seconds before the key's margin
            *REFUNDING[1:],  # it asks
            Move(Kind.STEP, 0, 2),  # and hears nothing, while the request is at work
            Move(Kind.WAIT, 0, 3),
            *TAKEN_UP,  # a successor looks, and sees nothing yet
        ),
    ),
}
"""Schedules that broke a law once, as shrunk, each with what mended it."""


@pytest.mark.parametrize(("provider", "moves"), FOUND.values(), ids=FOUND)
def test_what_was_found_once_stays_mended(provider: Provider, moves: tuple[Move, ...]) -> None:
    assert replay(provider, moves).fault is None
