"""Names as they are compared, not as they are shown."""

import unicodedata

from comments_service.text.fold import fold


def author_key(name: str) -> str:
    """A name without differences of case, compatibility forms and spacing, for search by author."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def name_skeleton(name: str) -> str:
    """What a name is to the eye: its letters, look-alikes of other scripts as what they look like.

    Two names of one skeleton are one name to a ban. Empty where the name shows nothing.
    """
    folded = fold(name).text
    return "".join(c for c in folded if c.isalnum()) or "".join(author_key(name).split())
