"""The knobs of one tenant."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(slots=True)
class TenantSettings:
    """Knobs with their defaults; changed by `POST /_sandbox/settings`.

    latency_median_ms: median of a lognormal delay of every API call, 0 for none.
    latency_sigma: its spread; 0.8 puts the 99th percentile at about 6.4 medians.
    search_lag_seconds: how long a change stays invisible to search (Stripe).
    reporting_lag_seconds: how long a transaction stays invisible to reporting (PayPal).
    webhook_delay_seconds: how long after the answer the first delivery starts.
    webhook_retry_scale: factor on the waits between deliveries, 0.001 turns hours into seconds.
    webhook_timeout_seconds: how long a receiver may take to answer (real time).
    settle_seconds: how long `processing` or pending things take to settle; 0 for never by itself.
    """

    latency_median_ms: float = 0.0
    latency_sigma: float = 0.8
    search_lag_seconds: float = 0.0
    reporting_lag_seconds: float = 3 * 3600.0
    webhook_delay_seconds: float = 0.0
    webhook_retry_scale: float = 1.0
    webhook_timeout_seconds: float = 10.0
    settle_seconds: float = 0.0

    def change(self, wishes: Mapping[str, Any]) -> None:
        """Set several knobs at once; ValueError names what is unknown, negative or no number."""
        known = {field.name for field in fields(self)}
        for name, value in wishes.items():
            if name not in known:
                raise ValueError(f"No such setting: {name}. Known: {', '.join(sorted(known))}")
            if float(value) < 0:
                raise ValueError(f"{name} cannot be negative.")
        for name, value in wishes.items():
            setattr(self, name, float(value))

    def as_json(self) -> dict[str, float]:
        """Return all knobs."""
        return asdict(self)
