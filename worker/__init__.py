"""The workshop: one module per direction of flow."""
