"""The cast, for the tests of the doors."""

from tests.cast import cast

__all__ = ["cast"]
