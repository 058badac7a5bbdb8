"""The Stripe half, driven by the real SDK."""
