"""A lesson about refunds, told in the world of the proof."""

from datetime import timedelta

from proof.moves import hear
from proof.wire import Verdict, Word
from proof.world import World
from tests.lessons.test_charging import answered


def test_a_refund_whose_message_comes_twice_is_made_once(world: World) -> None:
    answered(world, Verdict.CAPTURED)
    world.ask_for_refund(1, 500)
    world.relay()
    world.deliver(0, again=True)
    first = world.actors[0]
    world.resume(first)
    hear(world, first, Word.LOST, Verdict.CAPTURED)  # on its way, and nobody hears of it
    world.resume(first)

    world.wait(timedelta(seconds=50))
    world.provider.arrive(world.provider.wire[0], Verdict.CAPTURED)
    answered(world, Verdict.CAPTURED)

    assert len(world.provider.ledger.refunds) == 1
    assert len({key for key, _ in world.provider.posts[1:]}) == 1
