"""What others' users lived through, each lesson a test that fails without its guard."""
