"""Ports: two that start at the same moment take one each."""

import subprocess
import sys

import pytest

from local.folders import PROJECT
from local.ports import ANY_PORT, free_port

TAKE = "import sys; from local.ports import free_port; print(free_port(int(sys.argv[1])))"


def test_a_preferred_port_is_kept_from_others_before_anybody_listens_on_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = free_port()
    monkeypatch.delenv(ANY_PORT)
    command = [sys.executable, "-c", TAKE, str(wanted)]

    ours = free_port(wanted)
    theirs = int(subprocess.check_output(command, cwd=PROJECT))

    assert ours == wanted
    assert theirs != wanted
