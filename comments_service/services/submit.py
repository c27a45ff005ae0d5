"""A reader's comment comes in: facts, checks, policy, one transaction, an answer.

The four rooms of docs/architecture.md, in order. What a race can break is asserted again inside the
transaction; where it did break, everything is read and decided anew.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace
from sqlalchemy import Connection

from comments_service.config import Settings
from comments_service.domain.errors import (
    InvalidFields,
    KeyReused,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Raced,
    Refused,
    ThreadClosed,
)
from comments_service.domain.ids import decode_id
from comments_service.domain.policy import Action
from comments_service.services.accounts import principal_of_token
from comments_service.services.addresses import AddressHashes, hashes_of, make_first_key
from comments_service.services.bans import Bans, Sent, assert_welcome
from comments_service.services.drafts import TOO_MANY, Draft, Post, Stored, of_address
from comments_service.services.examine import Sender, judge, load_facts
from comments_service.services.keys import hash_secret, read_form_token
from comments_service.services.limits import pass_limits
from comments_service.services.memories import with_lessons
from comments_service.services.pages import host_of, is_inside, thread_name
from comments_service.services.reword import wish_to_reword
from comments_service.storage import read, write
from comments_service.storage.queries.context import Context, load_context
from comments_service.storage.queries.display import (
    find_own,
)
from comments_service.storage.queries.limits import Bucket
from comments_service.storage.queries.sites import SiteRow
from comments_service.text.reading import Reading

TRIES: Final = 5
"""How often a post is decided anew when others came between: each time one of them got through."""


def submit_comment(settings: Settings, post: Post, now: datetime) -> Stored:
    """Store a comment, or answer a repeated request as the first time.

    Raises:
        NotSignedIn: the program's token is unknown or was revoked.
        NotFound: no such site, or no such published comment to reply to.
        NotAllowed: the origin is not the site's, or the token is for something else.
        Banned: the site takes no comments from this sender for now.
        InvalidFields: the page is not the site's, or the form token does not fit.
        ThreadClosed, TooMany, KeyReused, Unavailable.
        Reword: the site asks before it holds or refuses these words; nothing is stored.
        Refused: policy refused it; it is stored as rejected.
    """
    for _ in range(TRIES):
        try:
            return _submit_once(settings, post, now)
        except Raced:
            continue
    raise Raced


def _rendered(body: str) -> str:
    from comments_service.text.markup import render  # noqa: PLC0415 - no start waits for Markdown.

    return render(body)


def _submit_once(settings: Settings, post: Post, now: datetime) -> Stored:
    name = thread_name(post.page, settings)
    parent_id = _parent_number(post.parent_id)
    key_hash = hash_secret(post.commenter_key) if post.commenter_key else None
    reading = Reading(post.submission)
    with read() as conn:
        post = _of_program(conn, post)
        context = load_context(
            conn,
            slug=post.page.site,
            host_port=host_of(post.page),
            key=name,
            key_hash=key_hash,
            parent_id=parent_id,
            idempotency_key=post.idempotency_key,
            now=now,
        )
        if context is None or not _may_write(post, context.site):
            raise NotFound("site")
        _assert_origin(post, context.site)
        if context.replay is not None:
            return _replayed(conn, post, context)
        _assert_token(settings, post, context.site, name, now)
        _assert_place(settings, post, context, parent_id)
        if context.ban_salts is not None:
            sent = _sent(post, context)
            assert_welcome(conn, settings, Bans(context.site.id, context.ban_salts), sent, now)
        hashes = _hashes(settings, post, context, now)
        sender = Sender(
            context.commenter_id,
            key_hash is not None,
            context.approved_by_person,
            hashes.address if hashes else None,
        )
        facts = load_facts(
            conn,
            context.site,
            sender,
            thread_id=context.thread_id,
            fingerprint=reading.fingerprint,
            now=now,
        )
        facts = with_lessons(conn, context.site, reading, facts)
    mode = context.thread.mode if context.thread else None
    judged = judge(
        reading, facts, context.site.policy, mode, insisted=post.insists, flooded=context.is_flooded
    )
    asked = None if post.insists else wish_to_reword(context.site.policy, judged, reading)
    if asked is not None:
        _pay_for_question(of_address(settings, hashes), now)
        raise asked
    said = (reading.fingerprint, _rendered(post.submission.body))
    stored = write(Draft(settings, post, context, judged, name, key_hash, hashes, *said, now).store)
    if judged.decision.action is Action.REJECT:
        raise Refused(judged.refusals)
    return stored


def _parent_number(parent_id: str | None) -> int | None:
    if parent_id is None:
        return None
    number = decode_id(parent_id)
    if number is None:
        raise NotFound("comment to reply to")
    return number


def _of_program(conn: Connection, post: Post) -> Post:
    """The post; where a program's token came along, with what that program may do."""
    if post.program_token is None:
        return post
    program = principal_of_token(conn, post.program_token)
    if program is None:
        raise NotSignedIn("This token is unknown or was revoked.")
    if program.scope != "comments:write":
        raise NotAllowed("This token has not the scope `comments:write`.")
    return replace(post, from_program=True, only_sites=program.site_ids)


def _may_write(post: Post, site: SiteRow) -> bool:
    return post.only_sites is None or site.id in post.only_sites


def _assert_origin(post: Post, site: SiteRow) -> None:
    if post.from_program or post.from_own_page:
        return
    if post.origin not in site.origins:
        raise NotAllowed("Comments for this site cannot be posted from that origin.")


def _replayed(conn: Connection, post: Post, context: Context) -> Stored:
    assert context.replay is not None
    if context.replay.request_hash != post.request_hash:
        raise KeyReused("This Idempotency-Key was used for another comment.")
    found = find_own(conn, context.replay.id)
    if found is None:
        raise Raced
    return Stored(found, context.replay.arrived_as, context.site.origins)


def _assert_token(settings: Settings, post: Post, site: SiteRow, name: str, now: datetime) -> None:
    if post.from_program:
        return
    token = read_form_token(settings, post.token or "")
    if token is None or (token.site, token.thread) != (site.slug, name):
        raise InvalidFields.one("token", "The form's token is missing or of another page.")
    age = now - token.issued_at
    if age < timedelta(seconds=settings.token_min_seconds):
        raise InvalidFields.one("token", "That was faster than a person types; wait a moment.")
    if age > timedelta(seconds=settings.token_max_seconds):
        raise InvalidFields.one("token", "The form has been open for too long; send it again.")


def _hashes(
    settings: Settings, post: Post, context: Context, now: datetime
) -> AddressHashes | None:
    if post.from_program:
        # It posts for its readers: its own address says nothing of any of them.
        return None
    if context.address_key is None:
        write(lambda conn: make_first_key(conn, now))
        raise Raced
    return hashes_of(settings, context.address_key, post.address)


def _sent(post: Post, context: Context) -> Sent:
    address = None if post.from_program else post.address
    return Sent(post.submission.author_name, context.commenter_id, address)


def _pay_for_question(buckets: list[Bucket], now: datetime) -> None:
    """The list of words can be sounded out no faster than by posting."""
    if buckets:
        write(lambda conn: pass_limits(conn, buckets, now, TOO_MANY))


def _assert_place(settings: Settings, post: Post, context: Context, parent_id: int | None) -> None:
    if post.page.url is not None and not is_inside(context.site, post.page.url):
        raise InvalidFields.one("url", "This page is not one of the site's.")
    if context.thread is not None and context.thread.closed_at is not None:
        raise ThreadClosed("This thread takes no new comments.")
    if context.thread is not None and context.thread.size >= settings.thread_size:
        raise ThreadClosed("This page has as many comments as it can hold.")
    if parent_id is not None and (context.parent is None or not context.parent.published):
        raise NotFound("comment to reply to")
