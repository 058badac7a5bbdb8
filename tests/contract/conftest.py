"""A mailbox for webhooks, and every provider's rig."""

from collections.abc import Callable, Iterator

import pytest

from tests.contract.mailbox import Mailbox
from tests.contract.paypal_rig import PayPalRig
from tests.contract.rig import Rig
from tests.contract.stripe_rig import StripeRig

RIGS: dict[str, Callable[[str, Mailbox], Rig]] = {"paypal": PayPalRig, "stripe": StripeRig}


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """Where this test's webhooks arrive."""
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest, sandbox_url: str, mailbox: Mailbox) -> Rig:
    """Each provider in turn, in a world of its own."""
    return RIGS[request.param](sandbox_url, mailbox)


@pytest.fixture
def stripe(sandbox_url: str, mailbox: Mailbox) -> StripeRig:
    """Stripe in a world of its own."""
    return StripeRig(sandbox_url, mailbox)
