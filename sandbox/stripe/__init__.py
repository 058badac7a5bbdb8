"""The Stripe half of the sandbox."""
