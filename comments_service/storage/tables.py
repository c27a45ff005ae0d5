"""The models' tables, typed as tables, for Core statements."""

from typing import Final, cast

from sqlalchemy import Table, and_

from comments_service.storage import models


def _table(model: type[models.Base]) -> Table:
    return cast(Table, model.__table__)


site: Final = _table(models.Site)
site_origin: Final = _table(models.SiteOrigin)
word: Final = _table(models.Word)
thread: Final = _table(models.Thread)
thread_key: Final = _table(models.ThreadKey)
commenter: Final = _table(models.Commenter)
comment: Final = _table(models.Comment)
verdict: Final = _table(models.VerdictRow)
log: Final = _table(models.LogEntry)
chain: Final = _table(models.Chain)
tally: Final = _table(models.Tally)
rate_limit: Final = _table(models.RateLimit)
address_key: Final = _table(models.AddressKey)
key_fingerprint: Final = _table(models.KeyFingerprint)
ban: Final = _table(models.Ban)
flood: Final = _table(models.Flood)
moderator: Final = _table(models.Moderator)
moderator_site: Final = _table(models.ModeratorSite)
session: Final = _table(models.SessionRow)
api_token: Final = _table(models.ApiToken)
lease: Final = _table(models.Lease)
change: Final = _table(models.Change)
spam_lesson: Final = _table(models.SpamLesson)
spam_course: Final = _table(models.SpamCourse)
spam_snapshot: Final = _table(models.SpamSnapshot)

IS_OF_ITS_TEXT: Final = and_(
    verdict.c.comment_id == comment.c.id,
    verdict.c.comment_version == comment.c.examined_version,
)
"""Joins a comment to the verdicts on the text that was examined last, none on an earlier one."""
