"""What both halves of the sandbox stand on."""
