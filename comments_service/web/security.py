"""How a moderator proves who they are: second step of signing in, confirmation, factors, sessions.

Everything works as forms without JavaScript but passkeys, which browsers give to scripts alone.
"""

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, Response, flash, redirect, request, session, url_for
from werkzeug import Response as Redirect

from comments_service.domain.errors import (
    CommentsError,
    InvalidFields,
    NotFound,
    NotSignedIn,
    TooMany,
)
from comments_service.domain.ids import decode_id
from comments_service.services import factors, passkeys, sessions
from comments_service.services.desk import Desk
from comments_service.web.access import SESSION_KEY, Access, allow, now, principal, settings
from comments_service.web.console_forms import (
    SECRET,
    CodeForm,
    ConfirmForm,
    EmptyForm,
    NewCodesForm,
    NewPasskeyForm,
    PasskeyForm,
    RemoveForm,
    RuleForm,
    local_path,
    require_valid,
    show_faults,
)
from comments_service.web.console_page import desk, show
from comments_service.web.prove import (
    browser,
    give_challenge,
    relying,
    said_of,
    taken_answer,
)

blueprint: Final = Blueprint("security", __name__, url_prefix="/moderate")


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@allow(Access.CONSOLE)
def second_factor() -> Response | Redirect:
    """The second step of signing in: a code, a recovery code, or a passkey."""
    if not principal().factor_due:
        return redirect(local_path(request.args.get("next")), 303)
    if request.method in ("GET", "HEAD"):
        return _second_page(CodeForm())
    form = PasskeyForm() if "credential" in request.form else CodeForm()
    try:
        require_valid(form)
        sessions.throttle(settings(), principal().actor.name, browser().address, now())
        _prove(form)
    except (InvalidFields, NotSignedIn, TooMany) as problem:
        again = CodeForm(formdata=None)
        again.form_errors.append(said_of(problem))
        return _second_page(again, problem)
    secret = sessions.complete(settings(), principal(), session[SESSION_KEY], browser(), now())
    session.clear()
    session[SESSION_KEY] = secret
    return redirect(local_path(request.args.get("next")), 303)


def _prove(form: CodeForm | PasskeyForm) -> None:
    if isinstance(form, CodeForm):
        factors.take_code(settings(), principal(), form.code.data or "", now())
        return
    if passkeys.prove(relying(), taken_answer(form), now()) != principal().actor.id:
        raise NotSignedIn("This passkey is somebody else's.")


def _second_page(form: CodeForm, problem: CommentsError | None = None) -> Response:
    own = factors.own_factors(principal())
    known = [p.credential_id for p in own.passkeys]
    asked = passkeys.questions(relying(), give_challenge(), known)
    return _answer(
        "auth/second_factor.html", problem, form=form, own=own, passkey=PasskeyForm(), asked=asked
    )


def _answer(template: str, problem: CommentsError | None, **values: Any) -> Response:
    """A page, with the status of what went wrong where something did."""
    if problem is None:
        return show(template, **values)
    answer = show(template, status=429 if isinstance(problem, TooMany) else 422, **values)
    if isinstance(problem, TooMany):
        answer.headers["Retry-After"] = str(problem.retry_after)
    return answer


@blueprint.route("/confirm", methods=["GET", "POST"])
@allow(Access.CONSOLE)
def confirm() -> Response | Redirect:
    """Show once more who is there, before something dangerous."""
    if request.method in ("GET", "HEAD"):
        return _confirm_page(ConfirmForm())
    by_passkey = "credential" in request.form
    form = PasskeyForm() if by_passkey else ConfirmForm()
    try:
        require_valid(form)
        if by_passkey:
            sessions.throttle(settings(), principal().actor.name, browser().address, now())
            _prove(form)
            sessions.confirm(principal(), session[SESSION_KEY], now())
        else:
            _confirm_by_password(form)
    except (InvalidFields, NotSignedIn, TooMany) as problem:
        again = ConfirmForm(formdata=None)
        again.form_errors.append(said_of(problem))
        return _confirm_page(again, problem)
    return redirect(local_path(request.args.get("next")), 303)


def _confirm_by_password(form: ConfirmForm) -> None:
    password, secret = form.password.data or "", session[SESSION_KEY]
    sessions.confirm_by_password(
        settings(), principal(), secret, password, browser=browser(), now=now()
    )


def _confirm_page(form: ConfirmForm, problem: CommentsError | None = None) -> Response:
    known = [p.credential_id for p in factors.own_factors(principal()).passkeys]
    asked = passkeys.questions(relying(), give_challenge(), known)
    return _answer(
        "auth/confirm.html",
        problem,
        form=form,
        passkey=PasskeyForm() if known else None,
        asked=asked,
    )


def _unconfirmed() -> Redirect | None:
    """To the page that asks once more, where that was too long ago; back to this page after it."""
    if sessions.is_confirmed(principal(), now()):
        return None
    following = url_for("security.show", site=request.args.get("site"))
    return redirect(url_for("security.confirm", next=following), 303)


@blueprint.get("/security", endpoint="show")
@allow(Access.CONSOLE)
def show_security() -> Response | Redirect:
    """Second factors and sessions of the moderator at hand."""
    return _unconfirmed() or _page()


def _page(problem: InvalidFields | None = None, **forms: Any) -> Response:
    secret = factors.new_secret()
    if "new_codes" in forms:
        # A wrong code must not cost the picture that the authenticator has just read.
        secret = _kept_secret(forms["new_codes"]) or secret
        forms["new_codes"].secret.data = secret
    new_codes = forms.get("new_codes") or NewCodesForm(formdata=None, secret=secret)
    at = _desk()
    values = {
        "own": factors.own_factors(principal()),
        "sessions": sessions.own_sessions(principal(), session[SESSION_KEY], now()),
        "secret": secret,
        "link": factors.authenticator_link(secret, principal().actor.name, passkeys.ISSUER),
        "picture": _picture(secret),
        "offered": passkeys.offer(relying(), principal(), give_challenge()),
        "new_codes": new_codes,
        "new_passkey": forms.get("new_passkey") or NewPasskeyForm(formdata=None),
        "remove": RemoveForm(formdata=None),
        "button": EmptyForm(formdata=None),
        "rule": RuleForm(formdata=None, rule=factors.rule_of(at.site)) if at else None,
        "problem": problem,
    }
    return show("dashboard/security.html", at, status=422 if problem else 200, **values)


def _kept_secret(form: NewCodesForm) -> str | None:
    """The secret that the page had made; None where somebody changed it into something else."""
    sent: str = form.secret.data or ""
    return sent if SECRET.fullmatch(sent) else None


def _desk() -> Desk | None:
    """The site at hand; None for a moderator of no site."""
    try:
        return desk()
    except NotFound:
        return None


def _picture(secret: str) -> str:
    """The authenticator's link as a picture that a camera can read: a data address."""
    import segno  # noqa: PLC0415 - a rare visitor's; it would cost every process its memory.

    link = factors.authenticator_link(secret, principal().actor.name, passkeys.ISSUER)
    return str(segno.make(link, error="m").svg_data_uri(scale=4, border=4, light="#fff"))


@blueprint.post("/security/codes")
@allow(Access.CONSOLE)
def add_codes() -> Response | Redirect:
    """Turn one-time codes on."""
    form = NewCodesForm()
    if (elsewhere := _unconfirmed()) is not None:
        return elsewhere
    try:
        require_valid(form)
        secret, code = form.secret.data or "", form.code.data or ""
        codes = factors.add_codes(settings(), principal(), secret, code, now())
    except InvalidFields as problem:
        show_faults(form, problem)
        return _page(problem, new_codes=form)
    return _added("One-time codes are on.", codes)


@blueprint.post("/security/passkeys")
@allow(Access.CONSOLE)
def add_passkey() -> Response | Redirect:
    """Keep a passkey that this browser has just made."""
    form = NewPasskeyForm()
    if (elsewhere := _unconfirmed()) is not None:
        return elsewhere
    try:
        require_valid(form)
        answer, name = taken_answer(form), form.name.data or ""
        codes = passkeys.add_passkey(relying(), principal(), answer, name, now())
    except InvalidFields as problem:
        return _page(problem)
    return _added("The passkey is kept.", codes)


def _added(said: str, codes: Sequence[str]) -> Response | Redirect:
    flash(said)
    if codes:
        return show("dashboard/recovery_codes.html", codes=codes)
    return _back()


def _back() -> Redirect:
    return redirect(url_for("security.show", site=request.args.get("site")), 303)


@blueprint.post("/security/recovery-codes")
@allow(Access.CONSOLE)
def renew_recovery_codes() -> Response | Redirect:
    """New recovery codes; the old ones end."""
    if (elsewhere := _unconfirmed()) is not None:
        return elsewhere
    require_valid(EmptyForm())
    return show("dashboard/recovery_codes.html", codes=factors.renew_recovery_codes(principal()))


@blueprint.post("/security/codes/remove")
@allow(Access.CONSOLE)
def remove_codes() -> Response | Redirect:
    """Turn one-time codes off."""
    if (elsewhere := _unconfirmed()) is not None:
        return elsewhere
    try:
        require_valid(EmptyForm())
        factors.remove_codes(principal())
    except InvalidFields as problem:
        return _page(problem)
    flash("One-time codes are off.")
    return _back()


@blueprint.post("/security/passkeys/remove")
@allow(Access.CONSOLE)
def remove_passkey() -> Response | Redirect:
    """Forget a passkey."""
    if (elsewhere := _unconfirmed()) is not None:
        return elsewhere
    form = RemoveForm()
    try:
        require_valid(form)
        gone = passkeys.remove_passkey(principal(), decode_id(form.which.data or "") or 0)
    except InvalidFields as problem:
        return _page(problem)
    flash("The passkey is forgotten." if gone else "This passkey was forgotten already.")
    return _back()


@blueprint.post("/security/sessions")
@allow(Access.CONSOLE)
def end_sessions() -> Response | Redirect:
    """End one of one's own sessions, or all but this one."""
    if (elsewhere := _unconfirmed()) is not None:
        return elsewhere
    form = RemoveForm()
    require_valid(form)
    if form.which.data == "others":
        sessions.end_other_sessions(principal(), session[SESSION_KEY])
        flash("Every other browser is signed out.")
    else:
        sessions.end_own_session(principal(), form.which.data or "", now())
        flash("That browser is signed out.")
    return _back()


@blueprint.post("/security/rule")
@allow(Access.CONSOLE)
def change_rule() -> Response | Redirect:
    """Say whom the site asks for a second factor."""
    if (elsewhere := _unconfirmed()) is not None:
        return elsewhere
    form = RuleForm()
    require_valid(form)
    factors.set_rule(desk().site, principal(), form.rule.data or "", now())
    flash("Saved.")
    return _back()
