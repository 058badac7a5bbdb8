"""A local Stripe and PayPal: real wire protocols, an own ledger, faults on demand."""
