"""Organizers with Stripe accounts of their own."""
