"""The console's page of bans: who may not comment for a while, made and lifted by plain forms.

A card leads here with its comment in the address; without one, a name or an address is typed.
"""

from typing import Final

from flask import Response, flash, redirect, request, url_for
from flask_wtf import FlaskForm
from werkzeug import Response as Redirect
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import Length

from comments_service.domain.errors import InvalidFields
from comments_service.domain.ids import decode_id, encode_id
from comments_service.services import bans, queue
from comments_service.services.bans import KINDS, MOST_DAYS, WishedBan
from comments_service.services.desk import Desk
from comments_service.services.moderate import MAX_NOTE, REJECT_REASONS
from comments_service.services.views import BanRow
from comments_service.web.access import Access, allow, now, principal, settings
from comments_service.web.console_cards import card
from comments_service.web.console_forms import (
    EmptyForm,
    choices,
    no_nul,
    require_valid,
    show_faults,
)
from comments_service.web.console_page import desk, show

DAYS: Final = {"1": "a day", "7": "a week", "30": "30 days", "90": "90 days", "365": "a year"}
"""For how long, in words; which of them a kind allows, `MOST_DAYS` says."""
OF_COMMENT: Final = {
    "commenter": ("The commenter", "this browser's key, whatever name it writes"),
    "name": ("The name", "however it is spelled, whoever writes under it"),
    "address": ("The address", "which a household or an office may share"),
    "network": ("The network around it", "up to 256 addresses, or 65,536 of IPv6's"),
}
WRITTEN: Final = {
    "name": ("A name", "like Bob; look-alikes of it are the same"),
    "address": ("An address", "like 203.0.113.9 or 2001:db8:1:2::/64"),
    "network": ("A network", "like 203.0.113.0/24 or 2001:db8:1::/48"),
}
SAYS: Final = {
    "commenter": "A commenter",
    "name": "The name",
    "address": "An address",
    "network": "A network",
}


class BanForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """Who, for how long and why."""

    kind = RadioField("Who", choices=choices(*KINDS), validate_choice=False)
    who = StringField("Name, address or network", [Length(max=200), no_nul])
    days = SelectField("For how long", choices=choices(*DAYS), default="7")
    reason = SelectField("Why", choices=choices(*REJECT_REASONS))
    note = StringField("Note for moderators", [Length(max=MAX_NOTE), no_nul])

    def wish(self, comment_id: str | None) -> WishedBan:
        """What is asked for; whether it can be, the service says."""
        return WishedBan(
            kind=self.kind.data or "",
            days=int(self.days.data),
            reason=self.reason.data,
            comment_id=comment_id,
            who=self.who.data or None,
            note=(self.note.data or "").strip() or None,
        )


def _comment() -> str | None:
    return request.args.get("comment") or None


@allow(Access.CONSOLE)
def show_bans() -> Response:
    """Who is banned, and the form for one more."""
    return _page(desk(), BanForm(formdata=None))


@allow(Access.CONSOLE)
def make_ban() -> Response | Redirect:
    """Ban somebody; the page that follows offers to lift it at once."""
    at, form = desk(), BanForm()
    try:
        require_valid(form)
        row = bans.ban(settings(), principal(), at.site, form.wish(_comment()), now())
    except InvalidFields as problem:
        if not form.errors:
            show_faults(form, problem)
        return _page(at, form, 422)
    said = f"Banned until {row.ends_at:%-d %B %Y, %H:%M} UTC: {named(row)}."
    flash({"text": said, "ban": encode_id(row.id)}, "ban")  # type: ignore[arg-type]  # Any JSON.
    return redirect(url_for("console.show_bans", site=at.site.slug), 303)


@allow(Access.CONSOLE)
def lift_ban() -> Redirect:
    """Lift a ban before its time."""
    at = desk()
    require_valid(EmptyForm())
    row = bans.lift(principal(), request.form.get("ban", ""), now())
    flash(f"Lifted: {named(row)}.")
    return redirect(url_for("console.show_bans", site=at.site.slug), 303)


def named(row: BanRow) -> str:
    """Whom a ban is on, in words."""
    return f"{SAYS[row.kind]} “{row.name}”" if row.name else SAYS[row.kind].lower()


def _page(at: Desk, form: BanForm, status: int = 200) -> Response:
    comment = _comment()
    kinds = bans.kinds_of(at.site, comment) if comment else list(WRITTEN)
    if not form.kind.data and kinds:
        form.kind.data = kinds[0]
    number = decode_id(comment) if comment else None
    item = queue.read_one(at.site, number) if number is not None else None
    said = OF_COMMENT if comment else WRITTEN
    return show(
        "dashboard/bans.html",
        at,
        status=status,
        form=form,
        comment=comment,
        card=card(item) if item else None,
        kinds={kind: said[kind] for kind in kinds},
        most_days=MOST_DAYS,
        view=bans.read_bans(at.site, request.args.get("cursor"), now()),
        days=DAYS,
        reasons=REJECT_REASONS,
        lift=EmptyForm(formdata=None),
        says=SAYS,
    )
