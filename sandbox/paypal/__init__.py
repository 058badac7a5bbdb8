"""The PayPal half of the sandbox."""
