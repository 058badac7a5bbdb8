"""The worker's code over a database in memory: whatever happens, every law holds."""

from hypothesis import settings

from proof.ground import MemoryGround
from proof.world import Ground
from tests.properties.machine import ChargeMachine


class InMemory(ChargeMachine):
    """Hundreds of lives in seconds."""

    def ground(self) -> Ground:
        """A new database."""
        return MemoryGround()


TestInMemory = InMemory.TestCase
TestInMemory.settings = settings(max_examples=100, stateful_step_count=40)
