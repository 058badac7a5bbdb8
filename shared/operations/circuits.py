"""What operators do to a circuit."""

from __future__ import annotations

from sqlalchemy import Connection

from shared.container import Container
from shared.domain.circuit import Key, State
from shared.domain.errors import ActionRefused
from shared.operations.acting import Mandate, act, require_account
from shared.repository import circuits
from shared.repository.operator_actions import OperatorAction


def pause(deps: Container, key: Key, mandate: Mandate) -> OperatorAction:
    """Let no call be made for the account; ActionRefused where that is so already."""

    def do(connection: Connection) -> str:
        now = deps.clock()
        require_account(connection, key.provider, key.account)
        if circuits.lock_circuit(connection, key, now).circuit.state is State.PAUSED:
            raise ActionRefused(f"The {_subject(key)} is paused already.")
        circuits.pause(connection, key, actor=mandate.actor, reason=mandate.reason, now=now)
        return "paused"

    return act(deps, mandate, "circuit.pause", _subject(key), do)


def resume(deps: Container, key: Key, mandate: Mandate) -> OperatorAction:
    """Let calls be made again, whoever stopped them; ActionRefused where nobody did."""

    def do(connection: Connection) -> str:
        now = deps.clock()
        if circuits.lock_circuit(connection, key, now).circuit.state is State.CLOSED:
            raise ActionRefused(f"The {_subject(key)} lets calls through already.")
        circuits.resume(connection, key, actor=mandate.actor, reason=mandate.reason, now=now)
        return "resumed"

    return act(deps, mandate, "circuit.resume", _subject(key), do)


def _subject(key: Key) -> str:
    return f"circuit {key.provider}" + (f" {key.account}" if key.account else "")
