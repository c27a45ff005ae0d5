"""What pages read (a thread, its feed, many counts) and what moderators set on a thread."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final, TypeAlias

from msgspec import Struct, structs
from sqlalchemy import Connection

from comments_service.config import Settings
from comments_service.domain.comment import tidy_title
from comments_service.domain.errors import InvalidFields, Malformed, NotFound, Raced
from comments_service.domain.ids import WIDTH, decode_id, encode_id, new_id
from comments_service.domain.policy import PolicyMode
from comments_service.domain.urls import display_url
from comments_service.services.accounts import Principal
from comments_service.services.keys import hash_secret
from comments_service.services.pages import (
    PageRef,
    host_of,
    is_inside,
    name_of_url,
    site_of,
    thread_name,
    tracking_of,
)
from comments_service.storage import read, read_public, write
from comments_service.storage.changes import EVERYTHING, about_page, page_name
from comments_service.storage.queries.display import (
    Position,
    ShownComment,
    Sort,
    latest_published,
    thread_page,
)
from comments_service.storage.queries.sites import (
    SeenThread,
    SiteRow,
    find_seen_thread,
    published_counts,
)
from comments_service.storage.queries.threads import (
    ThreadRow,
    add_thread,
    add_thread_key,
    change_thread,
    find_thread,
    keys_of_thread,
    lock_thread,
)
from comments_service.storage.standing import Actor, Entry, write_entry

MAX_KEYS: Final = 1_000
"""Pages one count request may name."""
FEED_LENGTH: Final = 50
Reading: TypeAlias = Callable[[], AbstractContextManager[Connection]]
TRIES: Final = 3
"""How often a change is tried when somebody makes the same thread at the same moment."""


class PageView(Struct, frozen=True, kw_only=True):
    """A page of a thread. `thread` is None where nobody commented yet."""

    page: PageRef
    thread: ThreadRow | SeenThread | None
    comments: Sequence[ShownComment] = ()
    ancestors: Sequence[ShownComment] = ()
    next: str | None = None
    about: int = EVERYTHING
    """What a change of it is noted under."""


class ThreadView(PageView, frozen=True, kw_only=True):
    """The same with its site, for who shows more than the thread."""

    site: SiteRow


def read_page(
    settings: Settings,
    page: PageRef,
    sort: Sort,
    limit: int,
    cursor: str | None,
    *,
    reading: Reading = read_public,
) -> PageView:
    """A page of comments in display order; two statements, three where it begins in a branch.

    Raises:
        NotFound: no such site.
        InvalidFields: the page or the cursor cannot be read.
    """
    name = thread_name(page, settings)
    after = read_cursor(cursor, sort)
    with reading() as conn:
        site_id, thread = find_seen_thread(conn, page.site, host_of(page), name)
        if site_id is None:
            raise NotFound("site")
        if thread is None:
            return PageView(page=page, thread=None, about=_about_nobodys(site_id, name))
        rows, above = thread_page(conn, thread.id, sort, limit + 1, after)
    return PageView(
        page=page,
        thread=thread,
        comments=rows[:limit],
        ancestors=above,
        next=write_cursor(rows[limit - 1], sort) if len(rows) > limit else None,
        about=thread.id,
    )


def read_thread(
    settings: Settings, page: PageRef, sort: Sort, limit: int, cursor: str | None
) -> ThreadView:
    """`read_page` with the site, which takes one statement more, and with what was just written.

    The page without JavaScript shows an author's comment by it.
    """
    with read() as conn:
        site = site_of(conn, page)
    seen = read_page(settings, page, sort, limit, cursor, reading=read)
    return ThreadView(
        site=site,
        page=page,
        thread=seen.thread,
        comments=seen.comments,
        ancestors=seen.ancestors,
        next=seen.next,
        about=seen.about,
    )


def write_cursor(last: ShownComment, sort: Sort) -> str:
    """The position after a row, opaque to the caller."""
    return f"{sort[0]}{encode_id(last.root_id)}{last.path}"


def read_cursor(cursor: str | None, sort: Sort) -> Position | None:
    """The position a cursor stands for.

    Raises:
        InvalidFields: not a cursor of this order.
    """
    if not cursor:
        return None
    root, path = cursor[1 : 1 + WIDTH], cursor[1 + WIDTH :]
    steps = [path[i : i + WIDTH] for i in range(0, len(path), WIDTH)]
    ids = [decode_id(root), *map(decode_id, steps)]
    if cursor[0] != sort[0] or None in ids or ids[0] is None:
        raise InvalidFields.one("cursor", "This is not a cursor of this list.")
    return Position(ids[0], path)


def read_feed(settings: Settings, page: PageRef) -> ThreadView:
    """The newest published comments, replies among them."""
    name = thread_name(page, settings)
    with read_public() as conn:
        site = site_of(conn, page)
        thread = find_thread(conn, site.id, name)
        latest = latest_published(conn, thread.id, FEED_LENGTH) if thread is not None else []
    about = thread.id if thread is not None else _about_nobodys(site.id, name)
    return ThreadView(site=site, page=page, thread=thread, comments=latest, about=about)


class Counted(Struct, frozen=True):
    """Published comments of each page, as asked, and what a change of each is noted under."""

    counts: list[int]
    abouts: list[int]


def count_comments(
    settings: Settings, site: str | None, pages: Sequence[PageRef], most: int
) -> Counted:
    """Published comments of each page; one statement.

    Raises:
        Malformed: too many pages, or one that cannot be read.
        NotFound: no such site.
    """
    if len(pages) > most:
        raise Malformed(f"At most {most} pages can be counted in one request.")
    try:
        names = [thread_name(page, settings) for page in pages]
    except InvalidFields as problem:
        raise Malformed(str(problem)) from None
    first_host = next((h for p in pages if (h := host_of(p)) is not None), None)
    with read_public() as conn:
        found = published_counts(conn, site, first_host, list(dict.fromkeys(names)))
    if found is None:
        raise NotFound("site")
    site_id, known = found
    each = [known.get(name) or (_about_nobodys(site_id, name), 0) for name in names]
    return Counted([count for _, count in each], [about for about, _ in each])


def _about_nobodys(site_id: int, name: str) -> int:
    """What the birth of this page's thread will be noted under."""
    return about_page(page_name(site_id, name))


class ThreadSettings(Struct, frozen=True):
    """A thread as moderators set it; `thread` is None for a page without a thread yet."""

    site: SiteRow
    name: str
    url: str | None
    thread: ThreadRow | None
    names: Sequence[str] = ()

    @property
    def seen(self) -> str:
        """The settings as they stand, in a word that a form can carry: another one is stale."""
        return _seen(self.thread)


def thread_settings(settings: Settings, site: SiteRow, page: PageRef) -> ThreadSettings:
    """The settings of a page, which may have no comment yet.

    Raises:
        InvalidFields: the page cannot be read or is none of the site's.
    """
    name = thread_name(page, settings)
    if page.url is not None and not is_inside(site, page.url):
        raise InvalidFields.one("url", "This page is not one of the site's.")
    url = display_url(page.url, tracking_of(settings)) if page.url is not None else None
    with read() as conn:
        thread = find_thread(conn, site.id, name)
        names = keys_of_thread(conn, thread.id) if thread is not None else []
    return ThreadSettings(site, name, (thread.url if thread else None) or url, thread, names)


class ThreadChange(Struct, frozen=True):
    """What a moderator wants of a thread. `mode` None means the site's own."""

    mode: PolicyMode | None
    closed: bool
    title: str | None
    alias_url: str | None = None
    """One more address of the same article, as after a move."""
    seen: str | None = None
    """`ThreadSettings.seen` of the page that was changed; None overwrites whatever stands."""


def change_thread_settings(
    settings: Settings,
    wanted: ThreadSettings,
    change: ThreadChange,
    principal: Principal,
    now: datetime,
) -> None:
    """Open, close, moderate otherwise, name, or alias a thread; makes it where there is none.

    Raises:
        InvalidFields: the alias cannot be read, is none of the site's, or is another thread's.
        Raced: somebody changed the settings since they were seen; nothing was changed.
    """
    alias = _alias_name(settings, wanted.site, change.alias_url)
    for _ in range(TRIES):
        try:
            if write(
                lambda conn: _change(
                    conn,
                    wanted=wanted,
                    change=change,
                    alias=alias,
                    actor=principal.actor,
                    now=now,
                )
            ):
                return
            break
        except Raced:
            continue
    raise Raced


def _change(
    conn: Connection,
    *,
    wanted: ThreadSettings,
    change: ThreadChange,
    alias: str | None,
    actor: Actor,
    now: datetime,
) -> bool:
    """Carry a change out; False where somebody else's came first."""
    site = wanted.site
    found = find_thread(conn, site.id, wanted.name) or _made(conn, site, wanted, now)
    thread = lock_thread(conn, site.id, found.id)
    if thread is None:
        raise Raced
    if change.seen not in (None, _seen(thread)):
        return False
    columns = _changed_columns(thread, change, now)
    if columns:
        change_thread(conn, thread.id, columns)
    detail = _in_words(thread, columns)
    if alias is not None and _added_alias(conn, site, thread, alias):
        detail["address"] = [None, change.alias_url]
    if detail:
        entry = Entry(actor, "thread_settings", now, detail=detail)
        _write_thread_entry(conn, entry, site.id, thread.id)
    return True


def _seen(thread: ThreadRow | None) -> str:
    said = (thread.mode, thread.closed_at, thread.title) if thread else (None, None, None)
    return hash_secret(repr(said))[:16]


def _in_words(thread: ThreadRow, columns: Mapping[str, Any]) -> dict[str, Any]:
    """What each setting was and became, for the log."""
    said: dict[str, Any] = {}
    if "mode" in columns:
        said["mode"] = [mode or "as the site" for mode in (thread.mode, columns["mode"])]
    if "title" in columns:
        said["title"] = [thread.title, columns["title"]]
    elif "title_verified" in columns:
        said["title"] = ["unverified", thread.title]
    if "closed_at" in columns:
        times = (thread.closed_at, columns["closed_at"])
        said["comments"] = ["open" if at is None else "closed" for at in times]
    return said


def _added_alias(conn: Connection, site: SiteRow, thread: ThreadRow, alias: str) -> bool:
    """Give the thread one more name; False where it has it already."""
    taken = find_thread(conn, site.id, alias)
    if taken is None:
        add_thread_key(conn, site.id, alias, thread.id)
        return True
    if taken.id != thread.id:
        message = "Another thread with its own comments has this address."
        raise InvalidFields.one("alias_url", message)
    return False


def _write_thread_entry(conn: Connection, entry: Entry, site_id: int, thread_id: int) -> None:
    write_entry(
        conn,
        entry,
        site_id=site_id,
        thread_id=thread_id,
        comment_id=None,
        old_status=None,
        new_status=None,
        version=None,
    )


def _alias_name(settings: Settings, site: SiteRow, alias_url: str | None) -> str | None:
    if not alias_url:
        return None
    try:
        name = name_of_url(alias_url, settings)
    except InvalidFields as problem:
        raise InvalidFields.one("alias_url", problem.errors[0].message) from None
    if not is_inside(site, alias_url):
        raise InvalidFields.one("alias_url", "This address is not one of the site's.")
    return name


def _changed_columns(thread: ThreadRow, change: ThreadChange, now: datetime) -> dict[str, Any]:
    closed_at = (thread.closed_at or now) if change.closed else None
    title = tidy_title(change.title)
    wanted = {
        "mode": change.mode.value if change.mode else None,
        "closed_at": closed_at,
        "title": title,
        # Who saves the page has read its title, so a reader's becomes a moderator's.
        "title_verified": title is not None,
    }
    return {k: v for k, v in wanted.items() if getattr(thread, k) != v}


def _made(conn: Connection, site: SiteRow, wanted: ThreadSettings, now: datetime) -> ThreadRow:
    thread = ThreadRow(
        id=new_id(now),
        url=wanted.url,
        title=None,
        title_verified=False,
        mode=None,
        closed_at=None,
        count=0,
        pending_count=0,
    )
    values = structs.asdict(thread) | {"site_id": site.id, "created_at": now}
    del values["count"], values["pending_count"]
    add_thread(conn, values, wanted.name)
    return thread
