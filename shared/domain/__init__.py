"""The pure core: what is true of charges, with no I/O, clock, randomness or logging."""
