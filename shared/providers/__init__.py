"""The only rooms where a provider's words are spoken."""
