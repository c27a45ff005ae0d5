"""What article pages load: the two scripts, and the thread as a page without JavaScript.

The page's form is Flask-WTF with the signed form token in place of a session's CSRF token: a cookie
would be blocked in a third-party frame, and none is needed where nothing is signed in.
"""

import secrets
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from msgspec import Struct
from wtforms import BooleanField, EmailField, HiddenField, StringField, TextAreaField

from comments_service.domain import errors
from comments_service.domain.comment import MAX_BODY, MAX_EMAIL, MAX_NAME, make_submission
from comments_service.domain.ids import encode_id
from comments_service.services import drafts, submit
from comments_service.services.forms import token_for
from comments_service.services.keys import IDEMPOTENCY_KEY, read_receipt, sign_receipt
from comments_service.services.pages import PageRef
from comments_service.services.threads import ThreadView, read_thread
from comments_service.web import present, schemas, widget
from comments_service.web.access import Access, allow, client_address, csrf_exempt, now, settings
from comments_service.web.answers import cacheable
from comments_service.web.door import read_query
from comments_service.web.edge import Route
from comments_service.web.headers import frame_ancestors
from comments_service.web.observe import submissions_total
from comments_service.web.problems import status_of
from comments_service.web.reword import as_sent, marked_fields

blueprint: Final = Blueprint("embed", __name__)
_JAVASCRIPT: Final = "text/javascript"


def _served(name: str, mimetype: str) -> Response:
    response = cacheable(Response(widget.served(name), mimetype=mimetype))
    response.headers["Cache-Control"] = "public, max-age=300, stale-while-revalidate=86400"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


KEPT_ROUTES: Final = (Route("/embed.js"), Route("/count.js"), Route("/embed/thread.css"))


@blueprint.get("/embed.js")
@allow(Access.PUBLIC)
def embed_js() -> Response:
    """The widget, script and style in one."""
    return _served("embed.js", _JAVASCRIPT)


@blueprint.get("/count.js")
@allow(Access.PUBLIC)
def count_js() -> Response:
    """The counters of pages that list articles."""
    return _served("count.js", _JAVASCRIPT)


@blueprint.get("/embed/thread.css")
@allow(Access.PUBLIC)
def thread_css() -> Response:
    """The style of the page without JavaScript."""
    return _served("thread.css", "text/css")


class CommentForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """A comment, as the page without JavaScript asks for it."""

    class Meta:
        """Flask-WTF's own settings."""

        csrf = False  # The signed form token stands in its place; see the module.

    # How long each may be is `make_submission`'s to say: a form sends line ends as two characters.
    author_name = StringField("Comment As", render_kw={"maxlength": MAX_NAME, "required": True})
    email = EmailField("E-mail (never shown)", render_kw={"maxlength": MAX_EMAIL})
    body = TextAreaField("Comment", render_kw={"maxlength": MAX_BODY, "required": True})
    website = StringField("Website")
    parent_id = HiddenField()
    token = HiddenField()
    key = HiddenField()
    insist = BooleanField()


class EmbedQuery(schemas.ThreadQuery, frozen=True, kw_only=True):
    """The page's address: which thread, where in it, what is answered, what was just posted."""

    reply: str | None = None
    receipt: str | None = None


class _Said(Struct, frozen=True):
    """What the page has to say above its form."""

    problem: str | None = None
    status: int = 200
    retry_after: int | None = None
    asked: errors.Reword | None = None
    """What the commenter is asked to put in other words."""


@blueprint.get("/embed/thread")
@allow(Access.READER)
def thread() -> Response:
    """The thread as a page."""
    query = _query()
    form = CommentForm(formdata=None, parent_id=query.reply or "", key=secrets.token_urlsafe(16))
    return _page(query, form, _Said())


@blueprint.post("/embed/thread")
@csrf_exempt
@allow(Access.READER)
def post_to_thread() -> Response:
    """A comment from the page's form; then back to the page, with a receipt in the address."""
    query = _query()
    form = CommentForm()
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise errors.NotAllowed("This form can be sent from its own page only.")
    try:
        stored = submit.submit_comment(settings(), _read_form(query, form), now())
    except errors.CommentsError as problem:
        return _again(query, form, problem)
    submissions_total.labels(stored.status.value).inc()
    published = stored.status == "approved"
    receipt = sign_receipt(settings(), encode_id(stored.comment.shown.id), published)
    return _redirect(query, {"receipt": receipt})


def _again(query: EmbedQuery, form: CommentForm, problem: errors.CommentsError) -> Response:
    """The page once more, with what was typed, and what is the matter."""
    match problem:
        case errors.Unavailable() | errors.Raced():
            return _away(query, form)
        case errors.InvalidFields():
            said = _Said(_beside_fields(form, problem), 422)
        case errors.KeyReused():
            # Somebody went back and wrote another comment into a form that was sent before.
            form.key.data = secrets.token_urlsafe(16)
            said = _Said("This form was sent before. Send it again as a new one.", 422)
        case errors.Reword():
            said = _asked(form, problem)
        case (
            errors.Refused()
            | errors.Banned()
            | errors.ThreadClosed()
            | errors.TooMany()
            | errors.NotFound()
        ):
            said = _told(problem)
        case _:
            raise problem
    if isinstance(problem, (errors.Refused, errors.Reword)):
        submissions_total.labels(status_of(problem)[1]).inc()
    return _page(query, form, said)


def _away(query: EmbedQuery, form: CommentForm) -> Response:
    """The form alone with what was typed in it, for as long as there is no thread to show."""
    html = render_template("embed/away.html", form=form, place=_place(query))
    response = Response(html, 503, mimetype="text/html", headers={"Retry-After": "5"})
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _query() -> EmbedQuery:
    query = read_query(EmbedQuery)
    assert isinstance(query, EmbedQuery)
    return query


def _place(query: EmbedQuery) -> dict[str, Any]:
    wanted = {"site": query.site, "url": query.url, "id": query.id, "sort": query.sort}
    return {name: value for name, value in wanted.items() if value is not None}


def _redirect(query: EmbedQuery, arrived: dict[str, Any]) -> Response:
    place = url_for("embed.thread", **_place(query), **arrived, _anchor="said")
    response = redirect(place, 303)
    response.headers["Cache-Control"] = "no-store"
    return Response(response.get_data(), 303, dict(response.headers))


def _read_form(query: EmbedQuery, form: CommentForm) -> drafts.Post:
    return drafts.Post(
        page=PageRef(query.site, query.url, query.id),
        submission=make_submission(
            author_name=form.author_name.data or "",
            body=form.body.data or "",
            email=form.email.data,
            website=form.website.data or "",
        ),
        parent_id=form.parent_id.data or None,
        token=form.token.data,
        idempotency_key=_key(form),
        address=client_address(),
        insists=form.insist.data,
        from_own_page=True,
    )


def _key(form: CommentForm) -> str:
    """The key that the page put into its form.

    Raises:
        InvalidFields: somebody changed it; the form has a new one then.
    """
    key: str = form.key.data or ""
    if not IDEMPOTENCY_KEY.fullmatch(key):
        form.key.data = secrets.token_urlsafe(16)
        raise errors.InvalidFields.one("key", "This form was not whole. Please send it again.")
    return key


def _beside_fields(form: CommentForm, problem: errors.InvalidFields) -> str | None:
    """Put each message beside its field; what has no field of its own is said above the form."""
    above: list[str] = []
    for error in problem.errors:
        if error.field in ("author_name", "email", "body"):
            field = form[error.field]
            field.errors = [*field.errors, error.message]
        else:
            above.append(error.message)
    return " ".join(above) or None


def _told(problem: errors.CommentsError) -> _Said:
    why = problem.messages if isinstance(problem, errors.Refused) else ()
    retry_after = problem.retry_after if isinstance(problem, errors.TooMany) else None
    return _Said(" ".join([str(problem), *why]), status_of(problem)[0], retry_after)


def _asked(form: CommentForm, asked: errors.Reword) -> _Said:
    typed = {"author_name": form.author_name.data or "", "body": form.body.data or ""}
    return _Said(str(asked), status_of(asked)[0], asked=as_sent(asked, typed))


def _page(query: EmbedQuery, form: CommentForm, said: _Said) -> Response:
    page = PageRef(query.site, query.url, query.id)
    view = read_thread(settings(), page, query.sort, query.limit, query.cursor)
    form.token.data = token_for(settings(), view.site, page, now())
    shown = [present.comment(row) for row in [*view.ancestors, *view.comments]]
    html = render_template(
        "embed/thread.html",
        form=form,
        said=said,
        asked=marked_fields(said.asked) if said.asked else (),
        may_insist=said.asked is not None and said.asked.may_insist,
        receipt=read_receipt(settings(), query.receipt) if query.receipt else None,
        thread=present.thread(view),
        comments=shown,
        answered=next((c for c in shown if c.id == form.parent_id.data and not c.removed), None),
        place=_place(query),
        cursor=query.cursor,
        next=view.next,
    )
    response = Response(html, said.status, mimetype="text/html")
    if said.retry_after is not None:
        response.headers["Retry-After"] = str(said.retry_after)
    response.headers["Cache-Control"] = "private, no-store"
    return _framed(response, view)


def _framed(response: Response, view: ThreadView) -> Response:
    return frame_ancestors(response, view.site.origins)
