"""The sandbox, a mailbox for its webhooks, and every provider's rig."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.contract.mailbox import Mailbox
from tests.contract.paypal_rig import PayPalRig
from tests.contract.rig import Rig
from tests.contract.stripe_rig import StripeRig

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0

RIGS: dict[str, Callable[[str, Mailbox], Rig]] = {"paypal": PayPalRig, "stripe": StripeRig}


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a sandbox process that all tests of the run share."""
    ready = tmp_path_factory.mktemp("sandbox") / "url"
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--ready-file", str(ready)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL) as process:
        try:
            yield _wait_for(ready, process)
        finally:
            process.terminate()


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


def _wait_for(ready: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = monotonic() + PATIENCE
    while not ready.exists():
        assert process.poll() is None, "the sandbox died at its start"
        assert monotonic() < deadline, "the sandbox did not start in time"
        sleep(0.02)
    return ready.read_text(encoding="ascii")
