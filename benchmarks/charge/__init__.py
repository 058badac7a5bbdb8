"""How fast, how cheap a charge is carried out, beside the same work done by others."""
