"""The search visits every state of a small scope, and no law is broken in any."""

import pytest

from proof.search import SMALL, WHOLE, Scope, search
from shared.domain.charge import Provider


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scope", SMALL, ids=["two attempts", "an event"])
@pytest.mark.parametrize("provider", Provider)
def test_no_interleaving_of_a_small_scope_breaks_a_law(provider: Provider, scope: Scope) -> None:
    found = search(provider, scope)

    assert found.fault is None
    assert found.states > 100
    assert "succeeded" in found.ends


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("provider", Provider)
def test_no_interleaving_of_the_whole_scope_breaks_a_law(provider: Provider) -> None:
    found = search(provider, WHOLE)

    assert found.fault is None
