"""The page of states: what people read is what the machine does."""

import re

from docs.states import PAGE, page
from shared.domain.charge import Status
from shared.domain.state_machine import TRANSITIONS

ARROW = re.compile(r"(\w+) --> (\w+) : ([\w, ]+)")
LIVE = ["accepted", "submitting", "indeterminate", "requires_action", "processing"]


def test_the_committed_page_is_what_the_table_draws() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m docs.states"


def test_the_diagram_draws_every_move_of_the_table_and_no_other() -> None:
    drawn = {
        (start, event, end)
        for box, end, events in ARROW.findall(page())
        for start in (LIVE if box == "live" else [box])
        for event in events.split(", ")
    }

    assert drawn == {
        (start, event, end)
        for start, moves in TRANSITIONS.items()
        for event, end in moves.items()
        if end is not start
    }


def test_every_state_is_explained() -> None:
    explained = re.findall(r"^\| `(\w+)` \| \w", page(), re.MULTILINE)

    assert explained == list(Status)
