"""The moderation API's doors to bans: listed, made, lifted. The console has pages of its own."""

from datetime import datetime
from typing import Annotated, Final, Literal

from flask import Blueprint, Response
from msgspec import Meta

from comments_service.domain.ids import encode_id
from comments_service.services import bans, queue
from comments_service.services.bans import WishedBan
from comments_service.services.views import BanRow
from comments_service.web import present
from comments_service.web.access import Access, now, principal, settings
from comments_service.web.answers import json_response
from comments_service.web.door import Door
from comments_service.web.schemas import Cursor, Limit, Schema, SiteQuery, Slug

door: Final = Door(Blueprint("bans", __name__))
Kind = Literal["commenter", "name", "address", "network"]


class BansQuery(SiteQuery, frozen=True, kw_only=True):
    """A page of a site's bans, the newest first."""

    limit: Limit = 100
    cursor: Cursor | None = None


class WantedBan(Schema, frozen=True, kw_only=True):
    """A ban on whoever wrote `comment_id`, or on what `who` says."""

    site: Slug | None = None
    kind: Kind
    days: Annotated[int, Meta(description="1 to 365; on an address or a network 1 to 90.")]
    reason: Annotated[str, Meta(description="A code, as for a rejection.")]
    comment_id: str | None = None
    who: Annotated[
        str | None,
        Meta(description="A name, an address or a network; hashed at once, never stored."),
    ] = None
    note: str | None = None


class Ban(Schema, frozen=True, kw_only=True):
    """A ban that holds. Of one by address no address is known."""

    id: str
    kind: Kind
    name: str | None
    comment_id: str | None
    reason: str
    note: str
    made_at: datetime
    made_by: str
    ends_at: datetime


class Bans(Schema, frozen=True):
    """A page of bans."""

    bans: list[Ban]
    next: str | None


class OneBan(Schema, frozen=True):
    """The ban that was made."""

    ban: Ban


@door.route(
    "GET",
    "/api/v1/moderation/bans",
    Access.MODERATOR,
    query=BansQuery,
    answers={200: Bans},
    problems=(400, 401, 403, 404, 422, 503),
)
def get_bans(query: BansQuery) -> Response:
    """List who may not comment on a site, until when and why."""
    site = queue.site_for(principal(), query.site)
    view = bans.read_bans(site, query.cursor, now(), query.limit)
    return json_response(Bans([_told(row) for row in view.bans], view.next))


@door.route(
    "POST",
    "/api/v1/moderation/bans",
    Access.MODERATOR,
    body=WantedBan,
    answers={201: OneBan},
    problems=(400, 401, 403, 404, 413, 415, 422, 503),
)
def post_ban(body: WantedBan) -> Response:
    """Ban a commenter, a name, an address or a network for some days."""
    site = queue.site_for(principal(), body.site)
    wish = WishedBan(
        body.kind, body.days, body.reason, body.comment_id, body.who, body.note or None
    )
    row = bans.ban(settings(), principal(), site, wish, now())
    return json_response(OneBan(_told(row)), 201)


@door.route(
    "DELETE",
    "/api/v1/moderation/bans/<ban_id>",
    Access.MODERATOR,
    answers={204: None},
    problems=(401, 403, 404, 503),
)
def delete_ban(ban_id: str) -> Response:
    """Lift a ban before its time."""
    bans.lift(principal(), ban_id, now())
    return Response(status=204, headers={"Cache-Control": "private, no-store"})


def _told(row: BanRow) -> Ban:
    return Ban(
        id=encode_id(row.id),
        kind=row.kind,  # type: ignore[arg-type]  # One of the four, as the service checked.
        name=row.name or None,
        comment_id=encode_id(row.comment_id) if row.comment_id is not None else None,
        reason=row.reason,
        note=row.note,
        made_at=present.second(row.made_at),
        made_by=row.made_by,
        ends_at=present.second(row.ends_at),
    )
