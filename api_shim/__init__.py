"""The hall: doors in, nothing is decided here."""
