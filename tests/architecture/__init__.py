"""Tests of the house itself: who imports whom, how large rooms grow, what is banned."""
