"""What one may copy: programs that use Chargehand from outside, and nothing of its insides."""
