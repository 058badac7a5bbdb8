"""The Stripe adapter, in PaymentIntents, with Connect."""

from shared.providers.stripe.access import KeyOf
from shared.providers.stripe.adapter import StripeProvider
from shared.providers.stripe.config import StripeConfig
from shared.providers.stripe.connect import StripeConnect

__all__ = ["KeyOf", "StripeConfig", "StripeConnect", "StripeProvider"]
