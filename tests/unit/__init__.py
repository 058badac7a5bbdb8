"""Tests of parts that need no engine."""
