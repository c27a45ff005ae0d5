"""Secret keys that are none: short, written by hand, or printed where everybody reads them.

It judges the key alone. Whether a database belongs to it is not known here.
"""

from itertools import pairwise
from typing import Final

MIN_KEY_CHARACTERS: Final = 32
"""A key made by `init` has 43 (256 bits as base64url); shorter than 32 is refused."""
_DIFFERENT: Final = 10
"""Characters of different kinds at least; of 32 random hexadecimal digits nearly all have more."""
_WORDS: Final = (
    "changeme",
    "changethis",
    "replaceme",
    "secret",
    "password",
    "default",
    "example",
    "insecure",
    "development",
    "letmein",
    "qwerty",
)
"""What people write into a setting to have something there, in small letters without marks. A word
of six letters comes up in one random key of some twenty million."""
_PUBLISHED: Final = frozenset(
    {
        # Flask's documentation, FastAPI's tutorial, and RFC 7515, appendix A.1.
        "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        # What tests of this service once ran with.
        "for-tests-only-and-of-no-worth-anywhere-else",
        "a-long-enough-key-of-0123456789-characters",
        "x9-cvWkQ2fJ0d8TzLrB4mYhN6sGp1EaU7",
        "Zq3_Hn5RtK8wXy2VbM6cPf9LdS4jGe7A1",
    }
)


def why_weak(key: str) -> str | None:
    """What is wrong with a key, as the end of a sentence that begins "A secret key"; or None."""
    if len(key) < MIN_KEY_CHARACTERS or len(set(key)) < _DIFFERENT:
        return f"needs at least {MIN_KEY_CHARACTERS} random characters"
    if key in _PUBLISHED:
        return "must not be one that was published: anybody can look it up"
    plain = "".join(c for c in key.casefold() if c.isalnum())
    if any(word in plain for word in _WORDS):
        return "must not hold a word that people put in for one, such as `changeme`"
    if _repeats(key) or _counts_on(key):
        return "must be random characters, not some that repeat or follow each other"
    return None


def _repeats(key: str) -> bool:
    """Whether it is one part over and over, the last time perhaps cut short."""
    return any(
        all(key[i] == key[i - length] for i in range(length, len(key)))
        for length in range(1, len(key) // 2 + 1)
    )


def _counts_on(key: str) -> bool:
    """Whether most characters are the one before, or its neighbour, as in `abcd` or `9876`."""
    close = sum(abs(ord(b) - ord(a)) <= 1 for a, b in pairwise(key))
    return 2 * close > len(key)
