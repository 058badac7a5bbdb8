"""A ticketing platform that sells, and leaves the taking of money to Chargehand."""
