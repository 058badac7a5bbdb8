"""The machine: a world to which anything may happen, and whose laws are looked at every time."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from proof.healing import heal
from proof.moves import HOW, Kind, Move, apply
from proof.watch import Watch
from proof.world import Ground, World
from shared.domain.charge import Provider

PICKS = st.integers(min_value=0, max_value=3)
HOWS = st.integers(min_value=0, max_value=HOW - 1)


def may(kind: Kind) -> Any:
    """A rule by which that kind of thing may happen, to whichever it befalls."""

    def happen(self: "ChargeMachine", pick: int, how: int) -> None:
        apply(self.world, Move(kind, pick, how))

    return rule(pick=PICKS, how=HOWS)(happen)


class ChargeMachine(RuleBasedStateMachine):
    """One order's charges, from the first request until everything has healed."""

    def ground(self) -> Ground:
        """What the world stands on."""
        raise NotImplementedError

    @initialize(provider=st.sampled_from(Provider))
    def begin(self, provider: Provider) -> None:
        """The buyer asks, the relay tells a worker."""
        self.world, self.watch = World(self.ground(), provider), Watch()
        apply(self.world, Move(Kind.ACCEPT, 0, 1))
        apply(self.world, Move(Kind.RELAY, 0, 1))

    the_buyer_asks = may(Kind.ACCEPT)
    the_relay_publishes = may(Kind.RELAY)
    the_broker_loses_everything = may(Kind.FLUSH)
    a_message_is_delivered = may(Kind.DELIVER)
    a_worker_goes_on = may(Kind.STEP)
    a_worker_dies = may(Kind.KILL)
    a_request_arrives = may(Kind.ARRIVE)
    a_webhook_arrives = may(Kind.RECEIVE)
    a_webhook_is_lost = may(Kind.LOSE)
    somebody_acts = may(Kind.TURN)
    the_merchant_refunds = may(Kind.REFUND)
    somebody_asks_for_a_refund = may(Kind.ASK)
    a_refund_goes_on_at_the_provider = may(Kind.PAY_BACK)
    the_buyer_calls_off = may(Kind.CALL_OFF)
    the_sweep_runs = may(Kind.SWEEP)
    the_operator_cancels = may(Kind.CANCEL)
    time_passes = may(Kind.WAIT)

    @invariant()
    def every_law_holds(self) -> None:
        """After each step."""
        if hasattr(self, "world"):
            self.watch.look(self.world)

    def teardown(self) -> None:
        """Whatever happened, everything heals."""
        if hasattr(self, "world"):
            heal(self.world, self.watch)
            self.watch.end(self.world)
