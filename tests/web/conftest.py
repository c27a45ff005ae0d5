"""The cast and the newsroom, for the tests of the doors."""

from tests.cast import cast
from tests.support.newsroom import compiled_templates, newsroom

__all__ = ["cast", "compiled_templates", "newsroom"]
