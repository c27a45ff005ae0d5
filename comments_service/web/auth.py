"""Signing in and out, and choosing a password. A session lives on the server; a cookie names it."""

from typing import Final

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug import Response as Redirect

from comments_service.domain.errors import InvalidFields, NotSignedIn, TooMany
from comments_service.services import accounts, passkeys, sessions
from comments_service.web.access import (
    SESSION_KEY,
    Access,
    allow,
    now,
    principal,
    settings,
)
from comments_service.web.console_forms import (
    EmptyForm,
    PasskeyForm,
    PasswordForm,
    SignInForm,
    local_path,
    require_valid,
    show_faults,
)
from comments_service.web.console_page import show, static_url
from comments_service.web.prove import (
    browser,
    give_challenge,
    relying,
    said_of,
    taken_answer,
)

blueprint: Final = Blueprint("auth", __name__, url_prefix="/moderate")


@blueprint.app_context_processor
def _files() -> dict[str, object]:
    return {"static_url": static_url}


@blueprint.route("/sign-in", methods=["GET", "POST"])
@allow(Access.FORM)
def sign_in() -> Response | Redirect:
    """Begin a session."""
    form = SignInForm()
    if not form.validate_on_submit():
        return _sign_in_page(form, 422 if form.errors else 200)
    try:
        email, password = form.email.data or "", form.password.data or ""
        secret = sessions.sign_in(settings(), email, password, browser(), now())
    except TooMany as problem:
        return _refused(form, problem)
    except NotSignedIn as problem:
        form.form_errors.append(str(problem))
        return _sign_in_page(form, 422)
    return _signed_in(secret)


@blueprint.post("/sign-in/passkey")
@allow(Access.FORM)
def sign_in_with_passkey() -> Response | Redirect:
    """Begin a session with a passkey alone."""
    form = PasskeyForm()
    try:
        require_valid(form)
        sessions.throttle(settings(), None, browser().address, now())
        moderator_id = passkeys.prove(relying(), taken_answer(form), now())
        return _signed_in(sessions.begin(settings(), moderator_id, browser(), now()))
    except TooMany as problem:
        return _refused(SignInForm(formdata=None), problem)
    except (NotSignedIn, InvalidFields) as problem:
        page = SignInForm(formdata=None)
        page.form_errors.append(said_of(problem))
        return _sign_in_page(page, 422)


def _signed_in(secret: str) -> Redirect:
    # What was known before signing in, the CSRF token above all, is not carried over it.
    session.clear()
    session[SESSION_KEY] = secret
    return redirect(local_path(request.args.get("next")), 303)


def _refused(form: SignInForm, problem: TooMany) -> Response:
    form.form_errors.append(str(problem))
    answer = _sign_in_page(form, 429)
    answer.headers["Retry-After"] = str(problem.retry_after)
    return answer


def _sign_in_page(form: SignInForm, status: int) -> Response:
    asked = passkeys.questions(relying(), give_challenge())
    page = render_template("auth/sign_in.html", form=form, passkey=PasskeyForm(), asked=asked)
    return make_response(page, status)


@blueprint.post("/sign-out")
@allow(Access.CONSOLE)
def sign_out() -> Redirect:
    """End this session."""
    if EmptyForm().validate_on_submit():
        sessions.sign_out(principal(), session[SESSION_KEY])
        session.clear()
        flash("You are signed out.")
    return redirect(url_for("auth.sign_in"), 303)


@blueprint.route("/password", methods=["GET", "POST"])
@allow(Access.CONSOLE)
def password() -> Response | Redirect:
    """Choose a password; after signing in with a one-time password nothing else is open."""
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            old, new = form.old_password.data or "", form.new_password.data or ""
            # Who found an open browser could try out passwords here, were it not counted.
            sessions.throttle(settings(), principal().actor.name, browser().address, now())
            accounts.change_password(principal(), old, new, session[SESSION_KEY])
            flash("Your password is changed. Other browsers are signed out.")
            return redirect(url_for("console.queue"), 303)
        except InvalidFields as problem:
            show_faults(form, problem)
        except TooMany as problem:
            form.form_errors.append(str(problem))
            answer = show("auth/password.html", status=429, form=form)
            answer.headers["Retry-After"] = str(problem.retry_after)
            return answer
    return show("auth/password.html", status=422 if form.errors else 200, form=form)
