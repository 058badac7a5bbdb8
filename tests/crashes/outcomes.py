"""What the provider makes of the call in whose course somebody dies."""

from enum import Enum

from sandbox.client import SandboxControl


class Outcome(Enum):
    """A sandbox's fault, or none; a reset stands for a timeout, which is the same to us, sooner."""

    SUCCESS = None
    DECLINE = "decline"
    TIMEOUT_BEFORE = "reset_before"
    TIMEOUT_AFTER = "reset_after"
    STORED_500 = "500_stored"
    THROTTLED = "429"

    def befall(self, control: SandboxControl, op: str) -> None:
        """Let it strike that call, once; a bank that declines does so whenever it is asked."""
        if self.value:
            control.fault(self.value, op, times=None if self is Outcome.DECLINE else 1)
