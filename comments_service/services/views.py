"""The shapes of stored things that services hand to the doors; storage stays behind them."""

from comments_service.storage.queries.bans import BanRow
from comments_service.storage.queries.display import OwnComment, ShownComment
from comments_service.storage.queries.moderation import LogRow
from comments_service.storage.queries.people import ModeratorRow, TokenRow
from comments_service.storage.queries.queue import QueueRow
from comments_service.storage.queries.sites import (
    SiteRow,
)
from comments_service.storage.queries.threads import (
    ThreadRow,
)
from comments_service.storage.queries.words import WordRow

__all__ = [
    "BanRow",
    "LogRow",
    "ModeratorRow",
    "OwnComment",
    "QueueRow",
    "ShownComment",
    "SiteRow",
    "ThreadRow",
    "TokenRow",
    "WordRow",
]
