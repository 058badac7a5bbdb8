"""What operators do, below every door that they may come through."""
