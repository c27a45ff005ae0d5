"""The signed token of a comment form: for one thread, old enough for a person, not too old."""

from datetime import datetime

from msgspec import Struct

from comments_service.config import Settings
from comments_service.services.keys import sign_form_token
from comments_service.services.pages import PageRef, site_of, thread_name
from comments_service.storage import read
from comments_service.storage.queries.sites import SiteRow


class MadeToken(Struct, frozen=True):
    """A token and the site it is for."""

    token: str
    site: SiteRow


def new_form_token(settings: Settings, page: PageRef, now: datetime) -> MadeToken:
    """A token for the page's thread, which need not exist yet.

    Raises:
        NotFound: no such site.
        InvalidFields: the page cannot be read.
    """
    with read() as conn:
        site = site_of(conn, page)
    return MadeToken(token_for(settings, site, page, now), site)


def token_for(settings: Settings, site: SiteRow, page: PageRef, now: datetime) -> str:
    """A token for a page of a site that is known already; asks the database nothing.

    Raises:
        InvalidFields: the page cannot be read.
    """
    return sign_form_token(settings, site.slug, thread_name(page, settings), now)
