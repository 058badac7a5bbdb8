"""The shrinking of a schedule that fails: delta debugging over its moves, then simpler numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from proof.moves import Move
from proof.schedule import Trial, replay
from shared.domain.charge import Provider

Moves = tuple[Move, ...]


Live = Callable[[Provider, Moves], Trial]


def shrink(trial: Trial, live: Live = replay) -> Trial:
    """The smallest schedule found that breaks the same law."""
    law = law_of(trial)

    def fails(moves: Moves) -> bool:
        return law_of(live(trial.provider, moves)) == law

    moves = trial.moves
    while (smaller := _smaller(moves, fails)) is not None:
        moves = smaller
    return live(trial.provider, moves)


def law_of(trial: Trial) -> str | None:
    """Which law was broken, whatever by."""
    return None if trial.fault is None else ":".join(trial.fault.split(":")[:2])


def _smaller(moves: Moves, fails: Callable[[Moves], bool]) -> Moves | None:
    return next(filter(fails, (*_cuts(moves), *_simpler(moves))), None)


def _cuts(moves: Moves) -> Iterator[Moves]:
    size = len(moves)
    while size >= 1:
        for start in range(0, len(moves), size):
            yield moves[:start] + moves[start + size :]
        size //= 2


def _simpler(moves: Moves) -> Iterator[Moves]:
    for place, move in enumerate(moves):
        for plain in (replace(move, pick=0), replace(move, how=1), replace(move, how=0)):
            if plain != move and (plain.pick, plain.how) < (move.pick, move.how):
                yield (*moves[:place], plain, *moves[place + 1 :])
