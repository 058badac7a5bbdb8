"""What the provider makes of the call in whose course somebody dies."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sandbox.client import SandboxControl


@dataclass(frozen=True)
class Fault:
    """A fault of the sandbox's, with its arguments."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


class Outcome(Enum):
    """A sandbox's fault, or none; a reset stands for a timeout, which is the same to us, sooner."""

    SUCCESS = None
    DECLINE = Fault("decline", {"times": None})  # whenever the bank is asked
    TIMEOUT_BEFORE = Fault("reset_before")
    TIMEOUT_AFTER = Fault("reset_after")
    STORED_500 = Fault("500_stored")
    STORED_500_BEFORE = Fault("500_stored", {"committed": False})
    THROTTLED = Fault("429")

    def befall(self, control: SandboxControl, op: str) -> None:
        """Let it strike that call."""
        if self.value:
            control.fault(self.value.name, op, **self.value.arguments)
