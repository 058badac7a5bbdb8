"""Chaos: the whole system as processes, under load, while everything that can fail does."""
