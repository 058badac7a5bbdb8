"""What carries an event to the ticketing platform: addresses, signatures, the courier."""
