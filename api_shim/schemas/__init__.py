"""The schemas: what clients may send, what they are told; they validate, and document."""
