"""Names as they are compared, not as they are shown."""

import unicodedata


def author_key(name: str) -> str:
    """A name without differences of case, compatibility forms and spacing, for search by author."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
