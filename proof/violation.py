"""What is raised where a law is broken."""


class Violation(Exception):
    """Something that may never be."""


def demand(holds: bool, law: str, seen: object) -> None:  # noqa: FBT001 the law itself
    """Raise Violation unless the law holds, with what was seen instead."""
    if not holds:
        raise Violation(f"{law}: {seen}")
