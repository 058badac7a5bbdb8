"""Tests of the command line, over a real database."""
