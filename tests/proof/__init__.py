"""The proof is itself proven: its database is like the real one, its laws bite, it repeats."""
