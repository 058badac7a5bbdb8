"""Tests of the web process in this process, over a real database."""
