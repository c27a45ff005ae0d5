"""Settings: of a site (an owner's to change), of one page, and of the moderator at hand."""

from typing import Final

from flask import Response, flash, redirect, request, session, url_for
from werkzeug import Response as Redirect

from comments_service import checks
from comments_service.domain.errors import InvalidFields, Raced, TooMany
from comments_service.domain.ids import encode_id
from comments_service.domain.urls import MAX_URL
from comments_service.services import accounts, queue, sessions, sites, threads
from comments_service.services.desk import Desk, page_of_thread
from comments_service.services.pages import PageRef
from comments_service.services.sites import SiteChange
from comments_service.services.threads import ThreadSettings
from comments_service.services.views import SiteRow
from comments_service.web.access import SESSION_KEY, Access, allow, now, principal, settings
from comments_service.web.console_forms import (
    MODES,
    ShortcutsForm,
    SiteForm,
    ThreadForm,
    show_faults,
    site_form,
)
from comments_service.web.console_page import desk, show
from comments_service.web.prove import browser
from comments_service.web.thresholds import stored_thresholds, thresholds

STALE: Final = (
    "Somebody changed these settings while you had them open. Nothing of yours is saved yet: "
    "what you typed is below, and what is stored now stands beside it. Save again to replace it."
)
WHO: Final = (
    "Origins, and sooner erasing, want to know once more who is there: your password, please. "
    "Nothing is saved yet, and what you typed is kept."
)


def _stored(site: SiteRow) -> dict[str, str | bool]:
    """A site's settings as the form's fields hold them."""
    policy = site.policy
    plain: dict[str, str | bool] = {
        "version": str(site.version),
        "name": site.name,
        "mode": policy.mode.value,
        "origins": "\n".join(site.origins),
        "asks_to_reword": policy.asks_to_reword,
        "flood_addresses": str(policy.flood_addresses),
        "forget_days": str(policy.forget_days),
    }
    modes = {f"check_{name}": policy.of(name).mode.value for name in checks.discover()}
    return plain | modes | stored_thresholds(policy)


@allow(Access.CONSOLE)
def show_site() -> Response:
    """A site's settings; whoever is no owner may read them."""
    at = desk()
    return site_page(at, site_form(tuple(checks.discover()))(data=_stored(at.site)))


@allow(Access.CONSOLE)
def change_site() -> Response | Redirect:
    """Save a site's settings, unless somebody else did since they were read."""
    at = desk()
    queue.owner_only(principal())
    form = site_form(tuple(checks.discover()))()
    if not form.validate():
        return site_page(at, form, 422)
    if form.version.data != str(at.site.version):
        return _stale_page(form)
    try:
        change = form.change(checks.discover())
        _confirm(at.site, change, form)
        sites.change_site_settings(at.site, change, principal().actor, now())
    except InvalidFields as problem:
        show_faults(form, problem)
        return site_page(at, form, 422)
    except TooMany as problem:
        form.form_errors.append(str(problem))
        answer = site_page(at, form, 429)
        answer.headers["Retry-After"] = str(problem.retry_after)
        return answer
    except Raced:
        return _stale_page(form)
    flash("Saved.")
    return redirect(url_for("console.show_site", site=at.site.slug), 303)


def _confirm(site: SiteRow, change: SiteChange, form: SiteForm) -> None:
    """Ask once more who is there, on this very page, so that nothing typed is lost.

    Raises:
        InvalidFields, TooMany: nobody has shown it, lately or now.
    """
    if not sites.is_dangerous(site, change) or sessions.is_confirmed(principal(), now()):
        return
    password = form.password.data or ""
    if not password:
        raise InvalidFields.one("password", WHO)
    secret = session[SESSION_KEY]
    sessions.confirm_by_password(
        settings(), principal(), secret, password, browser=browser(), now=now()
    )


def _stale_page(form: SiteForm) -> Response:
    at = desk()
    form.form_errors.append(STALE)
    form.version.data = str(at.site.version)
    stored = {name: text for name, text in _stored(at.site).items() if form[name].data != text}
    return site_page(at, form, 409, stored)


def site_page(
    at: Desk, form: SiteForm, status: int = 200, stored: dict[str, str | bool] | None = None
) -> Response:
    """The settings' form, with what is stored now beside what differs from it."""
    return show(
        "dashboard/site.html",
        at,
        status=status,
        form=form,
        checks=checks.discover(),
        thresholds=thresholds(),
        modes=MODES,
        stored=stored or {},
    )


def _page_asked(at: Desk) -> PageRef | None:
    """The page meant: a known thread, the publisher's id, an address; None where none is named."""
    thread = request.args.get("thread")
    if thread:
        return page_of_thread(at.site, thread)
    url, page_id = request.args.get("url", "").strip(), request.args.get("id") or None
    return PageRef(at.site.slug, url or None, page_id) if url or page_id else None


@allow(Access.CONSOLE)
def show_thread() -> Response:
    """The settings of one page, which may have no comment yet; or the box to name it in."""
    at = desk()
    try:
        page = _page_asked(at)
        found = threads.thread_settings(settings(), at.site, page) if page else None
    except InvalidFields as problem:
        return _ask_for_page(at, problem.errors[0].message, 422)
    if found is None:
        return _ask_for_page(at)
    thread = found.thread
    known = {
        "state": "closed" if thread and thread.closed_at else "open",
        "mode": (thread.mode or "") if thread else "",
        "title": (thread.title or "") if thread else "",
        "seen": found.seen,
    }
    return _thread_page(at, found, ThreadForm(data=known))


@allow(Access.CONSOLE)
def change_thread() -> Response | Redirect:
    """Save the settings of one page."""
    at = desk()
    page = _page_asked(at)
    if page is None:
        return _ask_for_page(at, "Name the page.", 422)
    found = threads.thread_settings(settings(), at.site, page)
    form = ThreadForm()
    if not form.validate():
        return _thread_page(at, found, form, 422)
    try:
        threads.change_thread_settings(settings(), found, form.change(), principal(), now())
    except InvalidFields as problem:
        show_faults(form, problem)
        return _thread_page(at, found, form, 422)
    except Raced:
        return _stale_thread_page(at, page, form)
    flash("Saved.")
    return redirect(request.full_path, 303)


def _stale_thread_page(at: Desk, page: PageRef, form: ThreadForm) -> Response:
    """What somebody else saved stands above the form, which keeps what was wanted here."""
    found = threads.thread_settings(settings(), at.site, page)
    form.form_errors.append(STALE)
    form.seen.data = found.seen
    return _thread_page(at, found, form, 409)


def _ask_for_page(at: Desk, fault: str | None = None, status: int = 200) -> Response:
    asked = request.args.get("url", "")[:MAX_URL]
    return show("dashboard/page.html", at, status=status, fault=fault, asked=asked)


def _thread_page(at: Desk, found: ThreadSettings, form: ThreadForm, status: int = 200) -> Response:
    return show(
        "dashboard/thread.html",
        at,
        status=status,
        found=found,
        thread=found.thread,
        thread_id=encode_id(found.thread.id) if found.thread else None,
        form=form,
        modes=MODES,
        site_mode=MODES[at.site.policy.mode.value][0],
    )


@allow(Access.CONSOLE)
def account() -> Response | Redirect:
    """The moderator's own settings: shortcuts; the way to the password and out."""
    form = ShortcutsForm(data={"shortcuts": principal().shortcuts})
    if form.validate_on_submit():
        accounts.set_shortcuts(principal(), form.shortcuts.data)
        flash("Shortcuts are on." if form.shortcuts.data else "Shortcuts are off.")
        return redirect(url_for("console.account"), 303)
    return show("dashboard/account.html", form=form)
