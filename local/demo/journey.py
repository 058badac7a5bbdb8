"""One order on its way, from the shop to its end."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local.demo.checkout import Checkout
from local.demo.shop import ApiRefusal, ChargeSeen, PlacedOrder, Shop
from local.demo.stories import Act, Brings, Mode, Story
from sandbox.client import SandboxControl

END = frozenset({"succeeded", "failed", "canceled", "needs-review"})
LOOK_SECONDS = 0.25
PATIENCE_SECONDS = 90.0
# Where our order's identifier stands in what each provider sends.
MARKS = {Mode.STRIPE: "order", Mode.PAYPAL: "custom_id"}


@dataclass(frozen=True)
class Scene:
    """Where journeys take place; each makes clients of its own."""

    event_id: str
    open_shop: Callable[[], Shop]
    open_control: Callable[[], SandboxControl]
    checkout: Checkout


@dataclass(frozen=True)
class Ending:
    """What became of one order."""

    story: Story
    order: PlacedOrder
    charge: ChargeSeen
    charges: int
    seconds: float
    refunds: tuple[str, ...] = ()
    """How its refunds stand."""

    @property
    def is_as_told(self) -> bool:
        """Whether it ended as its story says, in one charge and a refund for each amount."""
        given_back = (self.story.refunds_end,) * len(self.story.refunds)
        is_paid = self.charge.status == self.story.ends and self.charges == 1
        return is_paid and self.refunds == given_back


def travel(scene: Scene, story: Story) -> Ending:
    """Play one story to its end, or until patience ends."""
    with scene.open_shop() as shop, scene.open_control() as control:
        order = shop.place_order(scene.event_id, story.mode.value, story.amount, story.currency)
        for fault in story.faults:
            marks = {MARKS[story.mode]: order.identifier}
            control.fault(provider=story.mode.value, match=marks, **fault)
        instrument = _instrument(scene, control, order, story)
        started = time.monotonic()
        clicked = _click(scene, order, instrument, story.clicks)
        charge = _follow(shop, control, order, story, clicked[0])
        charges = len({each.id for each in clicked})
        refunds = _give_back(shop, story, charge)
        return Ending(story, order, charge, charges, time.monotonic() - started, refunds)


def _instrument(
    scene: Scene, control: SandboxControl, order: PlacedOrder, story: Story
) -> dict[str, str]:
    match story.brings:
        case Brings.TOKEN:
            return {"stripe": story.token}
        case Brings.NOTHING:
            return {}
        case Brings.PAYPAL_ORDER:
            return scene.checkout.approved_order(control, order, story)
        case Brings.PAYPAL_PAYMENT:
            return scene.checkout.approved_payment(control, order, story)


def _click(
    scene: Scene, order: PlacedOrder, instrument: dict[str, str], times: int
) -> list[ChargeSeen]:
    def click(_: int) -> ChargeSeen:
        with scene.open_shop() as shop:
            return shop.charge(order, instrument)

    with ThreadPoolExecutor(times) as fingers:
        return list(fingers.map(click, range(times)))


def _follow(
    shop: Shop, control: SandboxControl, order: PlacedOrder, story: Story, charge: ChargeSeen
) -> ChargeSeen:
    deadline = time.monotonic() + PATIENCE_SECONDS
    acted = False
    while charge.status not in END and time.monotonic() < deadline:
        if charge.status == "requires-action" and not acted:
            _act(control, story, charge)
            acted = True
        time.sleep(LOOK_SECONDS)
        charge = shop.look_at(charge.id, order.buyer)
    return charge


def _give_back(shop: Shop, story: Story, charge: ChargeSeen) -> tuple[str, ...]:
    made = [shop.refund(charge.id, amount) for amount in story.refunds]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        statuses = tuple(shop.refund_status(refund) for refund in made)
        if set(statuses) <= {story.refunds_end} or time.monotonic() > deadline:
            return statuses
        time.sleep(LOOK_SECONDS)


def _act(control: SandboxControl, story: Story, charge: ChargeSeen) -> None:
    if charge.reference is None:
        raise ApiRefusal(f"charge {charge.id} asks the buyer to act, but does not say on what")
    match story.act:
        case Act.AUTHENTICATE:
            control.authenticate(charge.reference)
        case Act.FAIL_AUTHENTICATION:
            control.authenticate(charge.reference, "fail")
        case Act.APPROVE:
            if story.capture_fault:
                control.fault(story.capture_fault, op=f"/orders/{charge.reference}/capture$")
            control.approve_paypal(charge.reference, payer=story.payer)
        case Act.NOTHING:
            pass
