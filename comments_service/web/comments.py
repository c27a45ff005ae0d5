"""One reader's comments: the form's token, posting, one's own, changing and withdrawing them."""

from datetime import timedelta
from typing import Final

import msgspec
from flask import Blueprint, Response, request

from comments_service.domain.comment import Submission, make_submission
from comments_service.domain.errors import InvalidFields, Reword
from comments_service.domain.ids import encode_id
from comments_service.services import drafts, own, submit
from comments_service.services.forms import new_form_token
from comments_service.services.keys import COMMENTER_KEY, IDEMPOTENCY_KEY
from comments_service.services.pages import PageRef
from comments_service.web import cors, present, schemas
from comments_service.web.access import Access, bearer_token, client_address, now, settings
from comments_service.web.answers import json_response
from comments_service.web.door import Door
from comments_service.web.observe import submissions_total
from comments_service.web.reword import as_sent

door: Final = Door(Blueprint("comments", __name__))


def commenter_key() -> str | None:
    """The Commenter-Key header.

    Raises:
        InvalidFields: it is there and is none.
    """
    key = request.headers.get("Commenter-Key")
    if key is not None and not COMMENTER_KEY.fullmatch(key):
        raise InvalidFields.one("Commenter-Key", "This is not 128 random bits as base64url.")
    return key


def idempotency_key() -> str | None:
    """The Idempotency-Key header.

    Raises:
        InvalidFields: it is there and cannot be kept.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        message = "A key has 1 to 200 printable ASCII characters."
        raise InvalidFields.one("Idempotency-Key", message)
    return key


@door.route(
    "GET",
    "/api/v1/form-token",
    Access.READER,
    query=schemas.PageQuery,
    answers={200: schemas.FormToken},
    problems=(400, 404, 422, 503),
)
def get_form_token(query: schemas.PageQuery) -> Response:
    """Get the token that a browser sends with a comment."""
    made = new_form_token(settings(), PageRef(query.site, query.url, query.id), now())
    cors.allow_origins(made.site.origins)
    return json_response(
        schemas.FormToken(
            token=made.token,
            min_seconds=settings().token_min_seconds,
            expires_at=present.second(now() + timedelta(seconds=settings().token_max_seconds)),
        )
    )


@door.route(
    "POST",
    "/api/v1/comments",
    Access.READER,
    body=schemas.NewComment,
    answers={201: schemas.OneComment, 202: schemas.OneComment},
    problems=(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
    headers=("Idempotency-Key", "Commenter-Key"),
)
def post_comment(body: schemas.NewComment) -> Response:
    """Post a comment: 201 published, 202 waits for a moderator."""
    try:
        stored = submit.submit_comment(settings(), _read_post(body), now())
    except Reword as asked:
        raise as_sent(asked, {"author_name": body.author_name, "body": body.body}) from None
    cors.allow_origins(stored.origins)
    published = stored.status == "approved"
    submissions_total.labels(stored.status.value).inc()
    comment = present.own_comment(settings(), stored.comment, stored.status)
    response = json_response(schemas.OneComment(comment), 201 if published else 202)
    response.headers["Location"] = f"/api/v1/comments/{encode_id(stored.comment.shown.id)}"
    return response


def _read_post(body: schemas.NewComment) -> drafts.Post:
    return drafts.Post(
        page=PageRef(body.site, body.url, body.id),
        submission=make_submission(
            author_name=body.author_name,
            body=body.body,
            email=body.email,
            website=body.website or "",
        ),
        parent_id=body.parent_id,
        title=body.title,
        token=body.token,
        commenter_key=commenter_key(),
        idempotency_key=idempotency_key(),
        address=client_address(),
        origin=request.headers.get("Origin"),
        insists=body.insist or False,
        program_token=bearer_token(),
    )


@door.route(
    "GET",
    "/api/v1/commenter/comments",
    Access.READER,
    query=schemas.PageQuery,
    answers={200: schemas.OwnComments},
    problems=(400, 404, 422, 503),
    headers=("Commenter-Key",),
)
def get_own_comments(query: schemas.PageQuery) -> Response:
    """List one's own comments of the last days on a page, waiting ones too."""
    key = commenter_key()
    if key is None:
        raise InvalidFields.one("Commenter-Key", "Send the header Commenter-Key.")
    page = PageRef(query.site, query.url, query.id)
    found = own.list_own_comments(settings(), page, key, now())
    cors.allow_origins(found.site.origins)
    comments = [present.own_comment(settings(), comment) for comment in found.comments]
    return json_response(schemas.OwnComments(comments))


@door.route(
    "GET",
    "/api/v1/comments/<comment_id>",
    Access.READER,
    answers={200: schemas.SeenComment},
    problems=(404, 422, 503),
    headers=("Commenter-Key",),
)
def get_comment(comment_id: str) -> Response:
    """Get one comment: a published one, or one's own."""
    found = own.read_comment(comment_id, commenter_key())
    cors.allow_origins(found.site.origins)
    seen: schemas.Comment = present.comment(found.comment.shown)
    if found.is_own:
        seen = present.own_comment(settings(), found.comment)
    return json_response(schemas.SeenComment(schemas.ReadComment(**msgspec.structs.asdict(seen))))


@door.route(
    "PATCH",
    "/api/v1/comments/<comment_id>",
    Access.READER,
    body=schemas.ChangedComment,
    answers={200: schemas.OneComment},
    problems=(400, 403, 404, 413, 415, 422, 429, 503),
    headers=("Commenter-Key",),
)
def patch_comment(comment_id: str, body: schemas.ChangedComment) -> Response:
    """Change one's own comment within the edit window."""
    origin = request.headers.get("Origin")
    insists = body.insist or False
    change = own.Change(
        comment_id, _read_text(body), commenter_key(), origin, insists, client_address()
    )
    try:
        edited = own.edit_comment(settings(), change, now())
    except Reword as asked:
        raise as_sent(asked, {"body": body.body}) from None
    cors.allow_origins([origin])
    return json_response(schemas.OneComment(present.own_comment(settings(), edited)))


def _read_text(body: schemas.ChangedComment) -> Submission:
    # The name cannot be changed, so any name that passes stands for it while the text is read.
    return make_submission(author_name="-", body=body.body)


@door.route(
    "DELETE",
    "/api/v1/comments/<comment_id>",
    Access.READER,
    answers={204: None},
    problems=(403, 404, 422, 503),
    headers=("Commenter-Key",),
)
def delete_comment(comment_id: str) -> Response:
    """Withdraw one's own comment within the edit window."""
    origin = request.headers.get("Origin")
    own.withdraw_comment(settings(), comment_id, commenter_key(), origin, now())
    cors.allow_origins([origin])
    return Response(status=204, headers={"Cache-Control": "private, no-store"})
