"""A zygote and an endpoint for the run; a site for each row."""

from collections.abc import Iterator

import pytest

from local.sandboxed import Sandbox
from tests.crashes.doomed import Zygote
from tests.crashes.site import Site
from tests.outbound.post_office import Receiver
from tests.reconciliation.conftest import sandbox

__all__ = ["sandbox"]


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """One process that forks those who die."""
    with Zygote() as running:
        yield running


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """One endpoint of the platform's."""
    with Receiver() as listening:
        assert isinstance(listening, Receiver)
        yield listening


@pytest.fixture(scope="session")
def certified(sandbox: Sandbox) -> Sandbox:
    """The sandbox, whose root certificate is at hand."""
    with sandbox.control() as control:
        sandbox.root_certificate.write_text(control.paypal_ca())
    return sandbox


@pytest.fixture
def site(certified: Sandbox, own_database_url: str, receiver: Receiver) -> Iterator[Site]:
    """A world of its own, where somebody will die."""
    with Site(certified, own_database_url, receiver) as made:
        assert isinstance(made, Site)
        yield made
