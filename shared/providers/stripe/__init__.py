"""The Stripe adapter, in PaymentIntents."""

from shared.providers.stripe.adapter import StripeProvider
from shared.providers.stripe.config import StripeConfig

__all__ = ["StripeConfig", "StripeProvider"]
