"""The page docs/states.md, drawn from the state machine's table.

Run `python -m docs.states` after a change of the table; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from shared.domain.charge import SETTLED, Status
from shared.domain.state_machine import TRANSITIONS, Event

PAGE: Final = Path(__file__).with_name("states.md")

MEANINGS: Final = {
    Status.ACCEPTED: "202 was given; also between two tries",
    Status.SUBMITTING: "an attempt is committed; the call may be on the wire",
    Status.INDETERMINATE: (
        "the call ended without a definite answer, or its worker died; blocks every new attempt,"
        " and only evidence ends it"
    ),
    Status.REQUIRES_ACTION: "the payer must act (3-D Secure, PayPal approval), with a deadline",
    Status.PROCESSING: "the provider has it and settles later (SEPA, eCheck, a pending capture)",
    Status.SUCCEEDED: "captured, with amount, currency, account and reference checked",
    Status.FAILED: (
        "refused, or captured otherwise than asked and given back; the order stays payable, and the"
        " payer who tries again at the provider still pays it"
    ),
    Status.CANCELED: "it will not happen: cancelled at the provider, or never sent and given up",
    Status.NEEDS_REVIEW: (
        "the facts contradict each other, or nothing resolved them in time: a person decides"
    ),
}

_LIVE: Final = [s for s in Status if s not in SETTLED | {Status.NEEDS_REVIEW}]

_PAGE: Final = """\
# The states of a charge

Drawn from `shared/domain/state_machine.py` by `python -m docs.states`; do not edit.

An arrow out of the box `live` starts at every state in it. An event that has no arrow from a state
leaves the charge where it is: repeated, late and reordered facts are absorbed.

```mermaid
stateDiagram-v2
    [*] --> live
    state live {{
        [*] --> accepted
{inside}
    }}
{outside}
```

| state | meaning |
|---|---|
{meanings}
"""


def page() -> str:
    """The whole page, as it should stand in docs/states.md."""
    return _PAGE.format(
        inside="\n".join(f"        {edge}" for edge in _edges_inside()),
        outside="\n".join(f"    {edge}" for edge in _edges_outside()),
        meanings="\n".join(f"| `{status}` | {MEANINGS[status]} |" for status in Status),
    )


def _edges_inside() -> Iterator[str]:
    for start in _LIVE:
        moves = TRANSITIONS[start].items()
        yield from _arrows(start, [move for move in moves if move[1] in _LIVE])


def _edges_outside() -> Iterator[str]:
    common = [move for move in TRANSITIONS[_LIVE[0]].items() if _is_common(*move)]
    yield from _arrows("live", common)
    for start, moves in TRANSITIONS.items():
        hoisted = common if start in _LIVE else []
        own = [move for move in moves.items() if move not in hoisted]
        yield from _arrows(start, [move for move in own if move[1] not in _LIVE])


def _is_common(event: Event, end: Status) -> bool:
    return end not in _LIVE and all(TRANSITIONS[start].get(event) is end for start in _LIVE)


def _arrows(start: str, moves: list[tuple[Event, Status]]) -> Iterator[str]:
    away = sorted((move for move in moves if move[1] != start), key=_by_end)
    for end, same_end in groupby(away, key=_by_end):
        yield f"{start} --> {end} : {', '.join(event for event, _ in same_end)}"


def _by_end(move: tuple[Event, Status]) -> str:
    return move[1]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
