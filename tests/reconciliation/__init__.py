"""Charges that are carried by hand, under a clock of their own."""
