"""The moderation API: the queue, its counts, decisions and undo, for sessions and tokens alike."""

from typing import Final

from flask import Blueprint, Response

from comments_service.domain.errors import InvalidFields, NotFound
from comments_service.domain.ids import decode_id
from comments_service.domain.policy import Action
from comments_service.services import moderate, queue
from comments_service.services.moderate import Wish
from comments_service.services.precision import read_precision
from comments_service.web import present, schemas
from comments_service.web.access import Access, now, principal
from comments_service.web.answers import json_response
from comments_service.web.door import Door
from comments_service.web.observe import decisions_total

door: Final = Door(Blueprint("moderation", __name__))
MAX_DECISION_BYTES: Final = 1024 * 1024


@door.route(
    "GET",
    "/api/v1/moderation/queue",
    Access.MODERATOR,
    query=schemas.QueueQuery,
    answers={200: schemas.Queue},
    problems=(400, 401, 403, 404, 422, 503),
)
def get_queue(query: schemas.QueueQuery) -> Response:
    """List a tab of the queue, with every verdict and the author's history."""
    site = queue.site_for(principal(), query.site)
    view = queue.read_queue(
        site,
        queue.QueueQuestion(
            tab=query.status,
            sort=query.sort,
            check=query.check,
            reason=query.reason,
            author=query.author,
            commenter=query.commenter,
            words=query.q,
            cursor=query.cursor,
            limit=query.limit,
        ),
    )
    items = [present.queue_item(item) for item in view.items]
    return json_response(schemas.Queue(items, view.next))


@door.route(
    "GET",
    "/api/v1/moderation/counts",
    Access.MODERATOR,
    query=schemas.SiteQuery,
    answers={200: schemas.QueueCounts},
    problems=(400, 401, 403, 404, 503),
)
def get_queue_counts(query: schemas.SiteQuery) -> Response:
    """Count what waits on a site, and say since when."""
    counts = queue.queue_counts(queue.site_for(principal(), query.site))
    oldest = counts.oldest_pending_at
    return json_response(
        schemas.QueueCounts(
            pending=counts.pending,
            spam=counts.spam,
            rejected=counts.rejected,
            approved=counts.approved,
            oldest_pending_at=present.second(oldest) if oldest else None,
        )
    )


@door.route(
    "GET",
    "/api/v1/moderation/precision",
    Access.MODERATOR,
    query=schemas.PrecisionQuery,
    answers={200: schemas.Precision},
    problems=(400, 401, 403, 404, 503),
)
def get_precision(query: schemas.PrecisionQuery) -> Response:
    """Tell of each check and reason how often moderators agreed."""
    site = queue.site_for(principal(), query.site)
    return json_response(present.precision(read_precision(site, query.days, now())))


@door.route(
    "POST",
    "/api/v1/moderation/decisions",
    Access.MODERATOR,
    body=schemas.WishedDecisions,
    max_bytes=MAX_DECISION_BYTES,
    answers={200: schemas.Results},
    problems=(400, 401, 403, 413, 415, 422, 503),
)
def post_decisions(body: schemas.WishedDecisions) -> Response:
    """Decide on up to 100 comments; each is carried out or told who came first."""
    wishes = [_wish(d) for d in body.decisions]
    done = moderate.decide_comments(principal(), wishes, now())
    for wish, result in zip(wishes, done, strict=True):
        carried_out = isinstance(result, moderate.Decided)
        decisions_total.labels(wish.action.value if carried_out else "not_carried_out").inc()
    return json_response(schemas.Results([present.result(d) for d in done]))


def _wish(asked: schemas.WishedDecision) -> Wish:
    number = decode_id(asked.comment_id)
    if number is None:
        raise InvalidFields.one("comment_id", f"{asked.comment_id!r} is no comment's id.")
    return Wish(number, asked.version, Action(asked.action), asked.reason, asked.note)


@door.route(
    "POST",
    "/api/v1/moderation/decisions/<decision_id>/undo",
    Access.MODERATOR,
    answers={200: schemas.Result, 409: schemas.Result},
    problems=(400, 401, 403, 404, 503),
)
def undo_decision(decision_id: str) -> Response:
    """Take a decision back, once; 409 where somebody decided after it."""
    number = decode_id(decision_id)
    if number is None:
        raise NotFound("decision")
    done = moderate.undo_decision(principal(), number, now())
    status = 409 if isinstance(done, moderate.Conflict) else 200
    return json_response(present.result(done), status)
