"""The tests: the second reader of the code."""
