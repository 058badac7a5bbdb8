"""The same charge as others' workers carry it out, in a virtual environment of its own."""
