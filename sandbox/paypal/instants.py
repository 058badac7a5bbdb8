"""The three ways PayPal writes a moment."""

from datetime import UTC, datetime, timedelta, timezone

_PACIFIC = timezone(timedelta(hours=-7))


def zulu(moment: datetime) -> str:
    """`2026-11-24T00:01:43Z`, as most resources have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def zulu_millis(moment: datetime) -> str:
    """`2026-11-24T00:01:43.939Z`, as event envelopes have it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pacific(moment: datetime) -> str:
    """`2026-11-23T17:01:43-07:00`, as refunds have it."""
    return moment.astimezone(_PACIFIC).isoformat(timespec="seconds")


def parse_instant(text: str) -> datetime | None:
    """Read any of them; None for anything else, and for a moment without an offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
