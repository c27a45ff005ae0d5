"""A comment moderation service for people who publish articles."""

from typing import Final

__version__: Final = "0.1.0"
