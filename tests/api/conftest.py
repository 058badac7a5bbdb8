"""One application for the tests of a module."""

from collections.abc import Iterator

import pytest

from sandbox.client import SandboxControl
from tests.api.platform import Platform, make_platform


@pytest.fixture(scope="module")
def platform(
    database_url: str, redis: str, sandbox_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """The shim over a fresh database; of the providers it reaches Connect alone."""
    roots = tmp_path_factory.mktemp("paypal") / "root.pem"
    with SandboxControl(sandbox_url, "sk_test_roots") as control:
        roots.write_text(control.paypal_ca())
    made = make_platform(
        database_url, redis, stripe_connect_base=sandbox_url, paypal_cert_roots=roots
    )
    yield made
    made.deps.engine.dispose()


@pytest.fixture(scope="module")
def bare_platform(database_url: str, redis: str) -> Iterator[Platform]:
    """The shim without any provider's credentials."""
    made = make_platform(database_url, redis, providers=False)
    yield made
    made.deps.engine.dispose()
