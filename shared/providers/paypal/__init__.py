"""PayPal, spoken through its own SDK: Orders v2, and Payments v1 for older clients."""

from shared.providers.paypal.adapter import PayPalProvider
from shared.providers.paypal.config import PayPalConfig

__all__ = ["PayPalConfig", "PayPalProvider"]
