"""The demonstration: some forty orders, paid in every way that goes well or wrong."""
