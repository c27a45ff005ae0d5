"""The newsroom, for the tests of the doors."""

from tests.support.newsroom import compiled_templates, newsroom

__all__ = ["compiled_templates", "newsroom"]
