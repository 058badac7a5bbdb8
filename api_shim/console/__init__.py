"""The console: pages at /ops on which operators see what happened, and act on it."""
