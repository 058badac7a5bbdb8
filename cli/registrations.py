"""Whether the providers send their webhooks here, all that are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from shared.container import Container
from shared.domain.charge import Provider
from shared.domain.outcomes import Misconfigured
from shared.health.findings import Finding
from shared.providers.webhook_endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class Door:
    """Where a provider's webhooks come in, and the setting without which they are refused."""

    provider: Provider
    path: str
    setting: str
    of_accounts: bool = False


DOORS: Final = (
    Door(Provider.STRIPE, "/webhooks/stripe", "STRIPE_WEBHOOK_SECRETS"),
    Door(Provider.STRIPE, "/webhooks/stripe/connect", "STRIPE_CONNECT_WEBHOOK_SECRETS", True),  # noqa: FBT003 the one of accounts
    Door(Provider.PAYPAL, "/webhooks/paypal", "PAYPAL_WEBHOOK_ID"),
)


def webhooks(held: Container) -> Iterator[Finding]:
    """Whether each door is registered at its provider, switched on, and told of all."""
    for door in DOORS:
        is_used = (
            held.connector is not None if door.of_accounts else door.provider in held.providers
        )
        if is_used:
            yield Finding(f"webhooks to {door.path}", *_judged(held, door))


def _judged(held: Container, door: Door) -> tuple[bool, str]:
    if not getattr(held.settings, door.setting.lower()):
        return False, f"{door.setting} is not set: all are refused."
    told = held.provider(door.provider).webhook_endpoints(of_accounts=door.of_accounts)
    match told:
        case Misconfigured(reason):
            return False, (
                f"The credentials are refused, or may not read them ({reason}): set good ones;"
                " if charges go through, let them read, or look in the dashboard."
            )
        case tuple():
            return _verdict(_ours(held, door, told), door)
        case unread:
            return False, f"They could not be read: {unread.reason}"


def _ours(
    held: Container, door: Door, endpoints: Sequence[WebhookEndpoint]
) -> list[WebhookEndpoint]:
    """Those that may be this installation's, the best one first."""
    if door.provider is Provider.PAYPAL:
        return [each for each in endpoints if each.id == held.settings.paypal_webhook_id]
    found = [each for each in endpoints if urlsplit(each.url).path.endswith(door.path)]
    return sorted(found, key=lambda each: (not each.is_enabled, len(each.unsubscribed)))


def _verdict(ours: Sequence[WebhookEndpoint], door: Door) -> tuple[bool, str]:
    match ours:
        case [] if door.provider is Provider.PAYPAL:
            return False, f"No webhook has the id that {door.setting} names: add one, set its id."
        case []:
            return False, f"No endpoint ends with {door.path}: add one, set {door.setting}."
        case [best, *_] if not best.is_enabled:
            return False, f"{best.url} is disabled at {door.provider}: enable it."
        case [best, *_] if best.unsubscribed:
            return False, f"{best.url} lacks {', '.join(sorted(best.unsubscribed))}: add them."
        case [best, *_]:
            if not urlsplit(best.url).path.endswith(door.path):
                return False, f"{best.url} does not end with {door.path}: correct it."
            return True, f"{best.url} is told of all."
    raise AssertionError("the cases are all there are")
