"""Lessons about charges, webhooks and the sweep, told in the world of the proof."""

from datetime import timedelta

import pytest

from proof.healing import heal
from proof.ledger import State
from proof.moves import hear
from proof.stage import Actor
from proof.tables import Row
from proof.watch import Watch
from proof.wire import Verdict, Word
from proof.world import World
from shared.domain.charge import Status

LEASE = timedelta(seconds=50)
DAY = timedelta(hours=25)


def take(world: World) -> Actor | None:
    """Let a worker take the oldest message until it has asked, if it asks at all."""
    world.deliver(0, again=False)
    if world.actors:
        world.resume(world.actors[-1])
    return world.actors[-1] if world.actors else None


def answered(world: World, verdict: Verdict, word: Word = Word.TOLD) -> None:
    """Let a worker take the oldest message, and hear that of it."""
    actor = take(world)
    assert actor is not None
    hear(world, actor, word, verdict)
    while world.actors:
        world.resume(world.actors[0], Word.TOLD)


def lose_the_answer(world: World) -> None:
    """Let the provider capture, and nobody hear of it."""
    actor = take(world)
    assert actor is not None
    world.provider.arrive(actor.subject, Verdict.CAPTURED)
    hear(world, actor, Word.LOST, Verdict.CAPTURED)
    while world.actors:
        world.resume(world.actors[0])


def again(world: World) -> None:
    """Let time pass until the charge is due, and told of."""
    world.wait(LEASE)
    world.relay()


def handled(world: World) -> None:
    """Let all webhooks arrive and be handled."""
    while world.provider.ledger.undelivered:
        world.receive(0, again=False)
    world.relay()
    while world.queue.messages:
        world.deliver(0, again=False)
        while world.actors:
            world.resume(world.actors[0], Word.TOLD)


def charge(world: World) -> Row:
    """The newest charge."""
    return world.ground.rows("charges")[-1]


def keys(world: World) -> list[str]:
    """Every key that left, in order."""
    return [key for key, _ in world.provider.posts]


@pytest.mark.parametrize(
    ("verdict", "word"),
    [(Verdict.BROKEN, Word.TOLD), (Verdict.BUSY, Word.TOLD), (Verdict.CAPTURED, Word.LOST),
     (Verdict.THROTTLED, Word.TOLD), (Verdict.REFUSED, Word.TOLD)],
)  # fmt: skip
def test_a_key_survives_every_unknown_outcome(world: World, verdict: Verdict, word: Word) -> None:
    answered(world, verdict, word)
    world.wait(LEASE)
    again(world)

    answered(world, Verdict.CAPTURED)

    assert len(keys(world)) == 2
    assert len(set(keys(world))) == 1
    assert charge(world)["status"] == Status.SUCCEEDED


def test_a_key_rotates_after_a_definite_answer_alone(world: World) -> None:
    answered(world, Verdict.DECLINED)
    world.accept(1, unseen=False)
    world.relay()

    answered(world, Verdict.CAPTURED)

    assert len(set(keys(world))) == 2
    assert [row["status"] for row in world.ground.rows("charges")] == ["failed", "succeeded"]


def test_an_event_that_was_answered_but_not_applied_is_applied_later(world: World) -> None:
    answered(world, Verdict.ACTION)
    world.provider.ledger.move(world.provider.ledger.things[0], State.CAPTURED)
    world.receive(1, again=False)
    world.relay()
    world.deliver(0, again=False)
    world.kill(world.actors[0])
    assert charge(world)["status"] == Status.REQUIRES_ACTION

    world.wait(LEASE)
    handled(world)

    assert charge(world)["status"] == Status.SUCCEEDED
    assert world.ground.rows("webhook_events")[0]["result"] == "applied"


def test_an_order_does_not_expire_while_its_money_is_on_the_way(world: World) -> None:
    answered(world, Verdict.PENDING)
    world.wait(DAY)

    world.cancel_order()
    world.sweep()
    while world.actors:
        world.resume(world.actors[0], Word.TOLD)

    assert world.ground.rows("orders")[0]["status"] == "pending"
    heal(world, Watch())
    assert world.ground.rows("orders")[0]["status"] == "completed"


@pytest.mark.parametrize("verdict", [Verdict.ACTION, Verdict.PENDING, Verdict.BROKEN])
def test_another_charge_waits_for_a_final_fact(world: World, verdict: Verdict) -> None:
    answered(world, verdict)

    world.accept(1, unseen=False)
    world.accept(1, unseen=True)

    assert len(world.ground.rows("charges")) == 1


def test_a_payer_who_never_acts_is_looked_after(world: World) -> None:
    answered(world, Verdict.ACTION)
    world.provider.ledger.undelivered.clear()
    assert charge(world)["deadline_at"] is not None
    world.provider.ledger.move(world.provider.ledger.things[0], State.CANCELED)
    world.provider.ledger.undelivered.clear()

    world.wait(DAY)
    world.sweep()
    while world.actors:
        world.resume(world.actors[0], Word.TOLD)

    assert charge(world)["status"] == Status.CANCELED


def test_a_message_for_a_charge_in_hand_is_dropped_without_a_word(world: World) -> None:
    world.queue.messages *= 3
    first = take(world)

    for _ in range(2):
        world.deliver(0, again=False)
        world.resume(world.actors[-1])

    assert first is not None
    assert world.actors == [first]
    assert len(keys(world)) == 1


def test_a_redelivered_event_is_handled_unless_it_was_applied(world: World) -> None:
    answered(world, Verdict.ACTION)
    world.receive(0, again=True)
    world.receive(0, again=True)
    handled(world)

    (event,) = world.ground.rows("webhook_events")
    assert event["result"] == "applied"


def test_a_charge_that_was_stored_but_not_sent_is_sent(world: World) -> None:
    world.queue.messages.clear()

    again(world)
    answered(world, Verdict.CAPTURED)

    assert charge(world)["status"] == Status.SUCCEEDED


def test_a_late_poll_does_not_write_over_a_cancelled_charge(world: World) -> None:
    answered(world, Verdict.PENDING)
    world.wait(DAY)
    world.sweep()
    poll = world.actors[0]
    while poll.place != "reading":
        world.resume(poll)
    world.provider.ledger.move(world.provider.ledger.things[0], State.CANCELED)
    world.receive(1, again=False)
    world.relay()
    world.deliver(0, again=False)
    world.resume(world.actors[-1])
    assert charge(world)["status"] == Status.CANCELED

    while world.actors:
        world.resume(world.actors[0], Word.TOLD)

    assert charge(world)["status"] == Status.CANCELED


def test_a_payment_that_timed_out_and_went_through_is_found(world: World) -> None:
    lose_the_answer(world)
    assert charge(world)["status"] == Status.INDETERMINATE
    world.provider.ledger.undelivered.clear()

    heal(world, Watch())

    assert charge(world)["status"] == Status.SUCCEEDED
    assert len(world.provider.ledger.things) == 1


def test_a_lost_webhook_is_found_by_looking_at_the_object(world: World) -> None:
    answered(world, Verdict.PENDING)
    world.provider.ledger.move(world.provider.ledger.things[0], State.CAPTURED)
    world.provider.ledger.undelivered.clear()

    world.wait(DAY)
    world.sweep()
    while world.actors:
        world.resume(world.actors[0], Word.TOLD)

    assert charge(world)["status"] == Status.SUCCEEDED


def test_a_charge_that_settles_later_says_why(world: World) -> None:
    answered(world, Verdict.PENDING)

    last = world.ground.rows("transitions")[-1]

    assert (last["to_status"], last["reason"]) == (Status.PROCESSING, "settles later")


@pytest.mark.parametrize("known", ["capture_reference", "provider_reference", None])
def test_an_event_finds_its_charge_by_any_reference(world: World, known: str | None) -> None:
    if known is None:
        lose_the_answer(world)
    else:
        answered(world, Verdict.CAPTURED)
    assert known is None or charge(world)[known] is not None

    handled(world)

    (event,) = world.ground.rows("webhook_events")
    assert event["charge_id"] == charge(world)["id"]


def test_a_key_tells_the_charge_and_nothing_of_the_token(world: World) -> None:
    answered(world, Verdict.CAPTURED)

    (key,) = keys(world)

    assert key == f"chg-{charge(world)['identifier']}-1"


def test_a_request_in_flight_is_asked_about_under_the_same_key(world: World) -> None:
    answered(world, Verdict.BUSY)
    assert charge(world)["status"] == Status.INDETERMINATE
    again(world)

    answered(world, Verdict.CAPTURED)

    assert len(set(keys(world))) == 1
    assert len(world.provider.ledger.things) == 1


def test_money_that_comes_after_a_cancellation_goes_back_by_itself(world: World) -> None:
    answered(world, Verdict.ACTION)
    thing = world.provider.ledger.things[0]
    world.provider.ledger.move(thing, State.CANCELED)
    handled(world)
    assert charge(world)["status"] == Status.CANCELED

    world.provider.ledger.move(thing, State.CAPTURED)
    heal(world, Watch())

    assert charge(world)["status"] == Status.CANCELED
    assert thing.net == 0


def test_a_zombies_late_answer_changes_nothing(world: World) -> None:
    zombie = take(world)
    again(world)
    successor = take(world)
    held = charge(world)
    assert zombie is not None
    assert successor is not zombie

    hear(world, zombie, Word.LOST, Verdict.CAPTURED)

    assert charge(world) == held
