"""The hands: what a process that dies was doing, by the worker's and the shim's own code."""

from collections.abc import Callable
from typing import Final

from tests.reconciliation.workshop import HANDLERS
from worker import reconciliation

HANDS: Final[dict[str, Callable[..., object]]] = {
    **HANDLERS,
    "look_up_overdue": reconciliation.look_up_overdue,
}
