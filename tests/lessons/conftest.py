"""A world for each lesson."""

import pytest

from proof.ground import MemoryGround
from proof.world import World
from shared.domain.charge import Provider


@pytest.fixture
def world() -> World:
    """A Stripe order that the buyer asks to pay, of which the relay has told."""
    made = World(MemoryGround(), Provider.STRIPE)
    made.accept(0, unseen=False)
    made.relay()
    return made
