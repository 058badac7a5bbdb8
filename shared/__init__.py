"""The foundation on which both processes stand."""
