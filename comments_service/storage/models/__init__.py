"""The tables. Nothing but their shape: queries are in `queries`, changes of standing in `standing`.

Ids are made by `domain.ids` before the row is. Danger is stated at the column.
"""

from comments_service.storage.models.bans import Ban
from comments_service.storage.models.base import PASSING, Base
from comments_service.storage.models.comments import (
    Chain,
    Comment,
    Commenter,
    LogEntry,
    Tally,
    VerdictRow,
)
from comments_service.storage.models.lessons import SpamCourse, SpamLesson, SpamSnapshot
from comments_service.storage.models.people import (
    ApiToken,
    Moderator,
    ModeratorSite,
    Passkey,
    RecoveryCode,
    SessionRow,
)
from comments_service.storage.models.running import (
    AddressKey,
    Change,
    KeyFingerprint,
    Lease,
    RateLimit,
)
from comments_service.storage.models.sites import Flood, Site, SiteOrigin, Thread, ThreadKey, Word

__all__ = [
    "PASSING",
    "AddressKey",
    "ApiToken",
    "Ban",
    "Base",
    "Chain",
    "Change",
    "Comment",
    "Commenter",
    "Flood",
    "KeyFingerprint",
    "Lease",
    "LogEntry",
    "Moderator",
    "ModeratorSite",
    "Passkey",
    "RateLimit",
    "RecoveryCode",
    "SessionRow",
    "Site",
    "SiteOrigin",
    "SpamCourse",
    "SpamLesson",
    "SpamSnapshot",
    "Tally",
    "Thread",
    "ThreadKey",
    "VerdictRow",
    "Word",
]
