"""The sandbox itself, held to what it promises."""
