"""The proof: the worker's own code under schedules that no test would think of."""
