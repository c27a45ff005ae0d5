"""The cast and the newsroom, for the tests of the doors."""

from tests.cast import cast
from tests.support.newsroom import newsroom

__all__ = ["cast", "newsroom"]
