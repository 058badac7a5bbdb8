"""What runs Chargehand on one machine with nothing but Python installed."""
