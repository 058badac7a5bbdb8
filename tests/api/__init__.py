"""The HTTP contract, each row of it a sentence."""
