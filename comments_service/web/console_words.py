"""The page of a site's own words: searched, added to, tried out, taken from."""

from collections.abc import Sequence
from typing import Final

from flask import Response, flash, redirect, request, url_for
from msgspec import Struct
from werkzeug import Response as Redirect

from comments_service.domain.errors import InvalidFields
from comments_service.domain.verdict import Verdict
from comments_service.domain.words import LEVELS, MAX_TERM, SiteWord, level_of
from comments_service.services import queue, words
from comments_service.services.backtest import plan_trial
from comments_service.services.desk import Desk
from comments_service.services.views import WordRow
from comments_service.web.access import Access, allow, now, principal
from comments_service.web.console_forms import EmptyForm, show_faults
from comments_service.web.console_page import desk, show
from comments_service.web.console_trial import AGAIN, addresses_since, trial_page
from comments_service.web.console_words_form import PLACES, SAYS, WordForm, typed
from comments_service.web.marks import Mark, Part, cut

_MAX_SEARCH: Final = 100


class Trial(Struct, frozen=True):
    """What an entry found in a sample."""

    parts: Sequence[Part]
    says: Sequence[str]


@allow(Access.CONSOLE)
def show_words() -> Response:
    """The list, a page at a time, and the form to add to it."""
    at = desk()
    edited = request.args.get("edit")
    row = words.read_word(at.site, edited[: MAX_TERM * 4]) if edited else None
    return _page(at, WordForm(formdata=None, data=typed(row.word) if row else None))


@allow(Access.CONSOLE)
def put_word() -> Response | Redirect:
    """List an entry, or try it on a sample."""
    at = desk()
    queue.owner_only(principal())
    form = WordForm()
    if not form.validate():
        return _page(at, form, 422)
    try:
        word = words.tidy_word(form.word())
        if request.form.get("do") == "try":
            return _page(at, form, trial=_trial(at, word, form.sample.data or ""))
        before = words.put(
            at.site, [word], principal().actor, now(), even_so=bool(form.even_so.data)
        )
    except InvalidFields as problem:
        show_faults(form, problem)
        return _page(at, form, 422, is_common=isinstance(problem, words.Everyday))
    said = _said(word, next(iter(before.values()), None))
    flash(" ".join([said, *words.common_elsewhere([word])]))
    return redirect(url_for("console.show_words", site=at.site.slug), 303)


@allow(Access.CONSOLE)
def try_word() -> Response:
    """Replay a part of the last month with an entry that is not listed yet."""
    at = desk()
    queue.owner_only(principal())
    form = WordForm()
    if not form.validate():
        return _page(at, form, 422)
    try:
        word = words.tidy_word(form.word())
    except InvalidFields as problem:
        show_faults(form, problem)
        return _page(at, form, 422)
    if AGAIN in request.form:
        return _page(at, form)
    tried = words.with_word(at.site, word)
    trial = plan_trial(at.site, at.site.policy, addresses_since(), words=tried)
    return trial_page(at, trial, "console.try_word", "console.put_word")


@allow(Access.CONSOLE)
def remove_word() -> Redirect:
    """Take an entry away; it can be put back from the page that follows."""
    at = desk()
    queue.owner_only(principal())
    gone = words.remove(at.site, [request.form.get("key", "")], principal().actor, now())
    for word in gone:
        # An everyday word that stood there is put back without being asked about again.
        back = typed(word) | ({"even_so": "1"} if words.is_everyday(word) else {})
        said = {"text": f"Removed '{word.term}'.", "word": back}
        flash(said, "word")  # type: ignore[arg-type]  # Any JSON.
    if not gone:
        flash("It was gone already.")
    return redirect(url_for("console.show_words", site=at.site.slug), 303)


def _page(
    at: Desk,
    form: WordForm,
    status: int = 200,
    *,
    trial: Trial | None = None,
    is_common: bool = False,
) -> Response:
    wanted = request.args.get("q", "")[:_MAX_SEARCH]
    return show(
        "dashboard/words.html",
        at,
        status=status,
        form=form,
        remove=EmptyForm(),
        places=PLACES,
        says=SAYS,
        trial=trial,
        is_common=is_common or form.even_so.data,
        wanted=wanted,
        view=words.read_page(at.site, wanted, request.args.get("after", "")[: MAX_TERM * 4]),
        named=named,
    )


def _trial(at: Desk, word: SiteWord, sample: str) -> Trial:
    found = words.try_words(at.site, [word], sample)
    marks = [Mark(*span, word.term) for verdict in found for span in verdict.spans]
    return Trial(cut(sample, marks), _sayings(word, found, is_marked=bool(marks)))


def _sayings(word: SiteWord, found: Sequence[Verdict], *, is_marked: bool) -> list[str]:
    if found:
        return [f"{verdict.signal.name.capitalize()}: {verdict.message}" for verdict in found]
    if is_marked or not word.severity:
        return ["A harmless entry finds nothing by itself; it excuses what others find."]
    return ["Nothing is found in this text that would count."]


def _said(word: SiteWord, before: WordRow | None) -> str:
    if before is None:
        return f"Listed: '{word.term}' ({named(word)})."
    return f"Changed: '{word.term}' is {named(word)}; it was {named(before.word)}."


def named(word: SiteWord) -> str:
    """Severity and kind of an entry, in words."""
    level = level_of(word.severity)
    number = "" if LEVELS[level] == word.severity else f" {word.severity:g}"
    return f"{SAYS[level][0].lower()}{number}" + ("" if not word.severity else f", {word.category}")
