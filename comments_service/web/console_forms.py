"""Every form of the console: what may be typed, and what it becomes for a service.

All of them carry Flask-WTF's CSRF token but `QueueForm`, which asks and changes nothing. No form
decides: limits and rules are read from the services that own them.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Regexp, ValidationError

from comments_service.domain.comment import MAX_EMAIL, MAX_TITLE
from comments_service.domain.errors import InvalidFields
from comments_service.domain.ids import decode_id
from comments_service.domain.policy import Action, PolicyMode
from comments_service.domain.urls import MAX_URL
from comments_service.domain.verdict import Mode
from comments_service.services.factors import RULES
from comments_service.services.moderate import MAX_NOTE, REJECT_REASONS, Wish
from comments_service.services.passkeys import MAX_NAME
from comments_service.services.passwords import MAX_PASSWORD, MIN_PASSWORD
from comments_service.services.queue import QueueQuestion
from comments_service.services.sites import MAX_SITE_NAME, SiteChange
from comments_service.services.threads import ThreadChange
from comments_service.web.thresholds import threshold_fields, wanted_thresholds

HOME: Final = "/moderate/"
MAX_CODE: Final = 40
"""Characters of a one-time or recovery code, with the spaces and hyphens that people type."""
SECRET: Final = re.compile(r"[A-Z2-7]{32}\Z")
"""160 bits as Base32: what an authenticator and the service share."""
MAX_CREDENTIAL: Final = 20_000
"""Characters of a browser's answer for a passkey; RSA keys make the longest, about 2,000."""
MAX_WORDS_ASKED: Final = 200
"""Characters of a search; the API's limit too."""

MODES: Final[Mapping[str, tuple[str, str]]] = {
    "pre": ("Everything waits", "Nothing is published before a moderator has approved it."),
    "first": (
        "Newcomers wait",
        "Who has two comments approved by a person, and none refused lately, is published at once.",
    ),
    "post": ("Published at once", "Only comments in which a check found something wait."),
}
CHECK_MODES: Final = tuple(mode.value for mode in Mode)


def local_path(wanted: str | None) -> str:
    """Where to go next: a path of the console, or the queue where anything else was asked.

    Browsers read a backslash as a slash and `//host` as another site, so neither gets through.
    """
    path = wanted or HOME
    if not path.isascii() or not path.isprintable() or "\\" in path or not path.startswith(HOME):
        return HOME
    segments = unquote(urlsplit(path).path).split("/")[1:]
    leads_away = ".." in segments or "." in segments or "" in segments[:-1]
    return HOME if leads_away or segments[1:2] in (["sign-in"], ["sign-out"]) else path


def choices(*values: str) -> Any:
    """Values without labels, which templates write: the stubs know only what WTForms will drop."""
    return list(values)


def no_nul(_form: FlaskForm, field: Any) -> None:
    """A validator: PostgreSQL cannot store the character."""
    if "\x00" in (field.data or ""):
        raise ValidationError("The text holds a NUL character.")


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """Address and password."""

    email = EmailField(
        "E-mail address", [InputRequired("Your address."), Length(max=MAX_EMAIL), no_nul]
    )
    password = PasswordField(
        "Password", [InputRequired("Your password."), Length(max=MAX_PASSWORD)]
    )


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password in place of the present one."""

    old_password = PasswordField("Present password", [InputRequired("Your present password.")])
    new_password = PasswordField(
        "New password",
        [
            InputRequired("A new password."),
            Length(MIN_PASSWORD, MAX_PASSWORD, "It has %(min)d to %(max)d characters."),
        ],
    )
    again = PasswordField("New password again", [InputRequired("The same once more.")])

    def validate_again(self, field: Any) -> None:
        """Twice the same."""
        if field.data != self.new_password.data:
            raise ValidationError("This is not the same password.")


class CodeForm(FlaskForm):  # type: ignore[misc]
    """A one-time code, or a recovery code in its place."""

    code = StringField("Code", [InputRequired("The code."), Length(max=MAX_CODE), no_nul])


class NewCodesForm(CodeForm):
    """The first code of an authenticator that has just read its secret."""

    secret = HiddenField(validators=[Regexp(SECRET, message="Please start again.")])


class PasskeyForm(FlaskForm):  # type: ignore[misc]
    """What a browser answered for a passkey: JSON, put here by the page's script."""

    credential = HiddenField(
        validators=[InputRequired("The browser gave no answer."), Length(max=MAX_CREDENTIAL)]
    )


class NewPasskeyForm(PasskeyForm):
    """A passkey that a browser has just made."""

    name = StringField("Name of the device", [Length(max=MAX_NAME), no_nul])


class RemoveForm(FlaskForm):  # type: ignore[misc]
    """The one that is to go."""

    which = HiddenField(validators=[InputRequired("Which one?"), Length(max=40)])


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """The password once more."""

    password = PasswordField(
        "Your password", [InputRequired("Your password."), Length(max=MAX_PASSWORD)]
    )


class RuleForm(FlaskForm):  # type: ignore[misc]
    """Whom a site asks for a second factor."""

    rule = RadioField("A second factor", choices=choices(*RULES))


class EmptyForm(FlaskForm):  # type: ignore[misc]
    """A button and its CSRF token."""


class ShortcutsForm(FlaskForm):  # type: ignore[misc]
    """Single-key shortcuts, on or off."""

    shortcuts = BooleanField("Single-key shortcuts")


class QueueForm(FlaskForm):  # type: ignore[misc]
    """What a queue page shows; comes as a query string."""

    class Meta:
        """It changes nothing, and a token would end up in addresses and histories."""

        csrf = False

    status = StringField("Status", [Length(max=20), no_nul])
    sort = SelectField(
        "Order",
        default="",
        choices=choices("", "oldest", "newest", "risk"),
    )
    check = StringField("Check", [Length(max=64), no_nul])
    reason = StringField("Reason", [Length(max=128), no_nul])
    q = StringField("Words", [Length(max=MAX_WORDS_ASKED), no_nul])
    author = StringField("Author", [Length(max=MAX_WORDS_ASKED), no_nul])
    commenter = StringField("Commenter", [Length(max=20), no_nul])
    cursor = StringField("Cursor", [Length(max=64), no_nul])

    def question(self, limit: int) -> QueueQuestion:
        """What the queue is asked.

        Raises:
            InvalidFields: a filter that cannot be one.
        """
        require_valid(self)
        return QueueQuestion(
            tab=self.status.data or "pending",
            sort=self.sort.data or None,
            check=self.check.data or None,
            reason=self.reason.data or None,
            author=self.author.data or None,
            commenter=self.commenter.data or None,
            words=self.q.data or None,
            cursor=self.cursor.data or None,
            limit=limit,
        )


class DecisionForm(FlaskForm):  # type: ignore[misc]
    """One decision on one comment or on several, each named with the version that was seen."""

    comment = SelectMultipleField("Comments", choices=[], validate_choice=False)
    action = StringField("Decision", [Length(max=40)])
    reason = StringField("Reason", [Length(max=40)])
    note = TextAreaField("Note", [Length(max=MAX_NOTE), no_nul])
    next = HiddenField()

    def wishes(self) -> list[Wish]:
        """What the moderator wishes; a button may say `reject:offensive` and so name the reason.

        Raises:
            InvalidFields: no such decision, or a comment that cannot be read.
        """
        require_valid(self)
        name, _, code = (self.action.data or "").partition(":")
        if name not in list(Action):
            raise InvalidFields.one("action", "There is no such decision.")
        action = Action(name)
        reason = (code or self.reason.data or None) if action is Action.REJECT else None
        note = (self.note.data or "").strip() or None
        return [
            Wish(*_seen(text), action, reason, note)
            for text in dict.fromkeys(self.comment.data or ())
        ]


def _seen(text: str) -> tuple[int, int]:
    """Comment and version, as a card's `id:version` says them."""
    comment_id, _, version = text.partition(":")
    number = decode_id(comment_id)
    if number is None or not (version.isascii() and version.isdigit() and len(version) < 10):
        raise InvalidFields.one("comment", "There is no such comment.")
    return number, int(version)


class UndoForm(FlaskForm):  # type: ignore[misc]
    """The decisions to take back."""

    decision = SelectMultipleField("Decisions", choices=[], validate_choice=False)
    next = HiddenField()


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


class SiteForm(FlaskForm):  # type: ignore[misc]
    """A site's settings, with the version they were read at; one more field for each check."""

    version = HiddenField()
    name = StringField(
        "Name", [InputRequired("Please give the site a name."), Length(max=MAX_SITE_NAME), no_nul]
    )
    mode = RadioField("Comments in which nothing was found", choices=choices(*MODES))
    origins = TextAreaField("Origins", [Length(max=20_000), no_nul])
    asks_to_reword = BooleanField("Ask to reword")
    flood_addresses = StringField(
        "Addresses that make a flood", [Regexp(r"\d{0,5}", message="A number, or 0 for never.")]
    )
    forget_days = StringField(
        "Days until text that is not public is erased",
        [Regexp(r"\d{0,5}", message="A number of days, or 0 to keep it.")],
    )
    password = PasswordField("Your password", [Length(max=MAX_PASSWORD)])

    def change(self, checks: Mapping[str, Any]) -> SiteChange:
        """The settings as wanted."""
        return SiteChange(
            name=self.name.data,
            origins=_lines(self.origins.data),
            mode=PolicyMode(self.mode.data),
            asks_to_reword=self.asks_to_reword.data,
            flood_addresses=int(self.flood_addresses.data) if self.flood_addresses.data else None,
            forget_days=int(self.forget_days.data) if self.forget_days.data else None,
            check_modes={name: Mode(self[f"check_{name}"].data) for name in checks},
            check_settings=wanted_thresholds(self),
        )


@lru_cache(maxsize=8)
def site_form(checks: tuple[str, ...]) -> type[SiteForm]:
    """`SiteForm` with a field for each of the named checks, and one for each number of theirs."""
    modes = {f"check_{name}": RadioField(name, choices=choices(*CHECK_MODES)) for name in checks}
    fields = modes | threshold_fields()
    return cast(type[SiteForm], type("SiteFormWithChecks", (SiteForm,), fields))


class ThreadForm(FlaskForm):  # type: ignore[misc]
    """The settings of one page."""

    seen = HiddenField()
    state = RadioField("New comments", choices=choices("open", "closed"))
    mode = RadioField(
        "Comments in which nothing was found",
        choices=choices("", *MODES),
    )
    title = StringField("Title", [Length(max=MAX_TITLE), no_nul])
    alias_url = StringField("One more address", [Length(max=MAX_URL), no_nul])

    def change(self) -> ThreadChange:
        """The settings as wanted."""
        return ThreadChange(
            mode=PolicyMode(self.mode.data) if self.mode.data else None,
            closed=self.state.data == "closed",
            title=self.title.data,
            alias_url=(self.alias_url.data or "").strip() or None,
            seen=self.seen.data or None,
        )


def require_valid(form: FlaskForm) -> None:
    """Raise what a form without a page of its own found at fault.

    Raises:
        InvalidFields
    """
    if not form.validate():
        field, messages = next(iter(form.errors.items()))
        raise InvalidFields.one(field or "form", str(messages[0]))


def show_faults(form: FlaskForm, problem: InvalidFields) -> None:
    """Put a service's complaints beside the fields they are about, else over the form."""
    for fault in problem.errors:
        if fault.field in form:
            form[fault.field].errors = [*form[fault.field].errors, fault.message]
        else:
            form.form_errors.append(fault.message)


REASON_CHOICES: Final = tuple(REJECT_REASONS.items())
