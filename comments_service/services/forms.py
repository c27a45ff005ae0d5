"""The signed token of a comment form: for one thread, old enough for a person, not too old."""

from dataclasses import dataclass
from datetime import datetime

from comments_service.config import Settings
from comments_service.services.keys import sign_form_token
from comments_service.services.pages import PageRef, site_of, thread_name
from comments_service.storage import read
from comments_service.storage.queries.sites import SiteRow


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token and the site it is for."""

    token: str
    site: SiteRow


def new_form_token(settings: Settings, page: PageRef, now: datetime) -> MadeToken:
    """A token for the page's thread, which need not exist yet.

    Raises:
        NotFound: no such site.
        InvalidFields: the page cannot be read.
    """
    name = thread_name(page, settings)
    with read() as conn:
        site = site_of(conn, page)
    return MadeToken(sign_form_token(settings, site.slug, name, now), site)
