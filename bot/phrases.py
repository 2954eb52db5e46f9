"""Counts as people read them: "1 person", "1,400 people"."""


def many(count: int, one: str, several: str = "") -> str:
    """So many of something; its plural where that is not the same with an s."""
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


def people(count: int) -> str:
    """So many people."""
    return many(count, "person", "people")
