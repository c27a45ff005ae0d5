"""Bans: whose comments a site does not take, until when and why.

A ban is on a commenter's key, on a name however it is written, or on an address or the network
around it. The last two are kept as hashes under the key that was in use when the ban was made; it
has its own copy of the salt, so that it holds when that key is renewed, and takes it along when it
ends.
"""

import ipaddress
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from comments_service.config import Settings
from comments_service.domain.comment import read_name
from comments_service.domain.errors import Banned, FieldError, InvalidFields, NotFound, Raced
from comments_service.domain.ids import decode_id, encode_id, new_id
from comments_service.services.accounts import Principal
from comments_service.services.addresses import make_first_key
from comments_service.services.keys import address_digest, network_digest, prefixes_of
from comments_service.services.moderate import MAX_NOTE, REJECT_REASONS
from comments_service.services.names import name_skeleton
from comments_service.services.sites import log_site
from comments_service.storage import read, write
from comments_service.storage.queries.addresses import newest_key
from comments_service.storage.queries.bans import (
    SEPARATOR,
    BanRow,
    Traces,
    count_bans,
    delete_ban,
    find_ban,
    find_ban_by_id,
    list_bans,
    put_ban,
    traces_of,
)
from comments_service.storage.queries.sites import SiteRow
from comments_service.storage.standing import Actor, Entry

COMMENTER: Final = "commenter"
NAME: Final = "name"
ADDRESS: Final = "address"
NETWORK: Final = "network"
KINDS: Final = (COMMENTER, NAME, ADDRESS, NETWORK)
MOST_DAYS: Final[Mapping[str, int]] = {COMMENTER: 365, NAME: 365, ADDRESS: 90, NETWORK: 90}
"""How long a ban may last. One by address keeps what its hash was made with for as long."""
MOST_BANS: Final = 5_000
"""Bans of one site; more are no list that anybody keeps."""
PAGE: Final = 100
_PREFIXES: Final = {(ADDRESS, 4): 32, (ADDRESS, 6): 64, (NETWORK, 4): 24, (NETWORK, 6): 48}


class WishedBan(Struct, frozen=True):
    """A ban as asked for: on whoever wrote a comment, or on what is written out."""

    kind: str
    days: int
    reason: str
    comment_id: str | None = None
    who: str | None = None
    """A name, an address or a network; it is hashed at once and never stored."""
    note: str | None = None


class BansView(Struct, frozen=True):
    """A page of bans."""

    bans: Sequence[BanRow]
    next: str | None


class Sent(Struct, frozen=True):
    """Who sends a text, as bans see it."""

    name: str
    commenter_id: int | None = None
    address: str | None = None


class Bans(Struct, frozen=True):
    """A site's bans, which hold on somebody."""

    site_id: int
    salts: str
    """Of those by address, as `queries.bans.salts_in_use` reads them."""


def assert_welcome(
    conn: Connection, settings: Settings, bans: Bans, sent: Sent, now: datetime
) -> None:
    """Refuse what comes from somebody who is banned.

    Raises:
        Banned: saying until when.
    """
    subjects = _subjects(settings, sent, bans.salts.split(SEPARATOR))
    found = find_ban(conn, bans.site_id, list(subjects), now)
    if found is not None:
        raise Banned(found.kind, found.ends_at)


def _subjects(settings: Settings, sent: Sent, salts: Collection[str]) -> Iterator[str]:
    """Everything that a ban on this sender may be on."""
    yield f"{NAME}:{name_skeleton(sent.name)}"
    if sent.commenter_id is not None:
        yield f"{COMMENTER}:{sent.commenter_id}"
    prefixes = prefixes_of(sent.address)
    if prefixes is None:
        return
    for salt in filter(None, salts):
        # The newest secret and those before it: a ban outlives a change of secrets, too.
        for secret in settings.secret_keys:
            yield f"{ADDRESS}:{address_digest(secret, salt, prefixes[0])}"
            yield f"{NETWORK}:{network_digest(secret, salt, prefixes[1])}"


def ban(
    settings: Settings, principal: Principal, site: SiteRow, wish: WishedBan, now: datetime
) -> BanRow:
    """Ban somebody from a site. On whom there is a ban already, the new one stands instead.

    Raises:
        InvalidFields: naming every field at fault.
        NotFound: no such comment on this site.
    """
    _check(wish)

    def work(conn: Connection) -> BanRow:
        if count_bans(conn, site.id) >= MOST_BANS:
            raise InvalidFields.one("kind", f"A site has at most {MOST_BANS:,} bans. Lift some.")
        row = replace(
            _on_comment(conn, site, wish)
            if wish.comment_id
            else _on_said(conn, settings, wish, now),
            id=new_id(now),
            site_id=site.id,
            reason=wish.reason,
            note=wish.note or "",
            made_at=now,
            made_by=principal.actor.name,
            ends_at=now + timedelta(days=wish.days),
        )
        put_ban(conn, row)
        _note_down(conn, row, principal.actor, "ban", now)
        return row

    try:
        return write(work)
    except Raced:
        return write(work)


def _check(wish: WishedBan) -> None:
    errors: list[FieldError] = []
    if wish.kind not in KINDS:
        errors.append(FieldError("kind", f"A ban is on one of: {', '.join(KINDS)}."))
    elif not 1 <= wish.days <= MOST_DAYS[wish.kind]:
        most = MOST_DAYS[wish.kind]
        errors.append(FieldError("days", f"A ban on this lasts from 1 to {most} days."))
    if wish.reason not in REJECT_REASONS:
        errors.append(FieldError("reason", f"A reason is one of: {', '.join(REJECT_REASONS)}."))
    if wish.note is not None and (len(wish.note) > MAX_NOTE or "\x00" in wish.note):
        errors.append(FieldError("note", f"A note has at most {MAX_NOTE} characters."))
    if errors:
        raise InvalidFields(errors)


_NEVER: Final = datetime.fromtimestamp(0, UTC)
_UNNAMED: Final = BanRow(0, 0, "", None, "", None, "", "", _NEVER, "", _NEVER)
"""What only a wish can say is still to come."""


def _on_comment(conn: Connection, site: SiteRow, wish: WishedBan) -> BanRow:
    """A ban on whoever wrote a comment, as far as that is known."""
    number = decode_id(wish.comment_id or "")
    traces = traces_of(conn, number) if number is not None else None
    if traces is None or traces.site_id != site.id:
        raise NotFound("comment")
    subject = _traced(traces, wish.kind)
    if subject is None:
        raise InvalidFields.one("kind", _UNKNOWN[wish.kind])
    by_address = wish.kind in (ADDRESS, NETWORK)
    return replace(
        _UNNAMED,
        subject=f"{wish.kind}:{subject}",
        salt=traces.key.salt if traces.key and by_address else None,
        name=traces.author_name if wish.kind == NAME else "",
        comment_id=number,
    )


_UNKNOWN: Final = {
    COMMENTER: "This comment came without a commenter's key.",
    NAME: "This comment has no name any more.",
    ADDRESS: "Where this comment came from is not known any more.",
    NETWORK: "Where this comment came from is not known any more.",
}


def _traced(traces: Traces, kind: str) -> str | None:
    if kind == COMMENTER:
        return None if traces.commenter_id is None else str(traces.commenter_id)
    if kind == NAME:
        return name_skeleton(traces.author_name) or None
    if traces.key is None:
        return None
    return traces.address_hash if kind == ADDRESS else traces.network_hash


def kinds_of(site: SiteRow, comment_id: str) -> list[str]:
    """By what the writer of a comment can be banned.

    Raises:
        NotFound: no such comment on this site.
    """
    number = decode_id(comment_id)
    with read() as conn:
        traces = traces_of(conn, number) if number is not None else None
    if traces is None or traces.site_id != site.id:
        raise NotFound("comment")
    return [kind for kind in KINDS if _traced(traces, kind) is not None]


def _on_said(conn: Connection, settings: Settings, wish: WishedBan, now: datetime) -> BanRow:
    """A ban on a name or an address that somebody has written out."""
    said = (wish.who or "").strip()
    if wish.kind == COMMENTER:
        raise InvalidFields.one("comment_id", "A commenter is known by a comment of theirs.")
    if wish.kind == NAME:
        name = _read_name(said)
        return replace(_UNNAMED, subject=f"{NAME}:{name_skeleton(name)}", name=name)
    prefixes = prefixes_of(_bare(said, wish.kind))
    if prefixes is None:
        raise InvalidFields.one("who", _NO_ADDRESS[wish.kind])
    make_first_key(conn, now)
    key = newest_key(conn)
    if key is None:
        raise Raced
    secret = settings.secret_keys[0]
    if wish.kind == ADDRESS:
        digest = address_digest(secret, key.salt, prefixes[0])
    else:
        digest = network_digest(secret, key.salt, prefixes[1])
    return replace(_UNNAMED, subject=f"{wish.kind}:{digest}", salt=key.salt)


def _read_name(said: str) -> str:
    """The name as a comment would carry it, for that is what it is compared with and shown as."""
    try:
        return read_name(said)
    except InvalidFields as problem:
        raise InvalidFields.one("who", problem.errors[0].message) from None


_NO_ADDRESS: Final = {
    ADDRESS: "Write an address like 203.0.113.9, or like 2001:db8:1:2::/64.",
    NETWORK: "Write a network like 203.0.113.0/24, or like 2001:db8:1::/48.",
}


def _bare(said: str, kind: str) -> str | None:
    """The address in what was written; None where its prefix is not the one that is banned."""
    address, slash, bits = said.partition("/")
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None
    version = 4 if mapped else ip.version
    return address if not slash or bits == str(_PREFIXES[kind, version]) else None


def lift(principal: Principal, ban_id: str, now: datetime) -> BanRow:
    """End a ban before its time.

    Raises:
        NotFound: no such ban on a site of the caller's.
    """
    number = decode_id(ban_id)

    def work(conn: Connection) -> BanRow:
        row = find_ban_by_id(conn, number) if number is not None else None
        if row is None or not principal.may_see(row.site_id) or not delete_ban(conn, row.id):
            raise NotFound("ban")
        _note_down(conn, row, principal.actor, "ban_lifted", now)
        return row

    return write(work)


def _note_down(conn: Connection, row: BanRow, actor: Actor, action: str, now: datetime) -> None:
    """In the site's log: that there was a ban, on what kind of thing, until when; not on whom."""
    detail = {"kind": row.kind, "until": f"{row.ends_at:%Y-%m-%dT%H:%M:%SZ}"}
    if row.comment_id is not None:
        detail["comment"] = encode_id(row.comment_id)
    reason = f"moderator.{row.reason}"
    log_site(conn, row.site_id, Entry(actor, action, now, reason=reason, detail=detail))


def read_bans(site: SiteRow, cursor: str | None, now: datetime, limit: int = PAGE) -> BansView:
    """A page of the bans that hold on a site, the newest first.

    Raises:
        InvalidFields: the cursor is none of ours.
    """
    before = decode_id(cursor) if cursor else None
    if cursor and before is None:
        raise InvalidFields.one("cursor", "This is no cursor of this list.")
    with read() as conn:
        rows = list_bans(conn, site.id, now, before=before, limit=limit + 1)
    return BansView(rows[:limit], encode_id(rows[limit - 1].id) if len(rows) > limit else None)
