"""The PayPal half of the sandbox, driven by the real SDK over HTTP."""
