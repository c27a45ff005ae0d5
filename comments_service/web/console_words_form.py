"""The form of one entry of a site's word list: what may be typed, and the entry it becomes."""

from typing import Final

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from comments_service.domain.verdict import Category
from comments_service.domain.words import CATEGORIES, LEVELS, MAX_NOTE, SiteWord, level_of
from comments_service.web.console_forms import choices, no_nul

PLACES: Final = {
    "": "A whole word or phrase",
    "begins": "The beginning of a word",
    "ends": "The end of a word",
    "inside": "Anywhere in a word",
}
SAYS: Final = {
    "harmless": ("Harmless", "excuses it, here, from the shipped words too"),
    "mild": ("Mild", "waits only beside others"),
    "hold": ("Hold", "the comment waits for a moderator"),
    "refuse": ("Refuse", "the comment is refused"),
    "number": ("A number", "from 0 to 1, written below"),
}
MAX_TYPED: Final = 100_000
"""Characters of a field that are looked at before its own, smaller limit says what is wrong."""
_STARS: Final = {"": ("", ""), "begins": ("", "*"), "ends": ("*", ""), "inside": ("*", "*")}


class WordForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types.
    """One entry, and a sample to try it on."""

    term = StringField("Word or phrase", [Length(max=MAX_TYPED), no_nul])
    place = RadioField("What it is", choices=choices(*PLACES), default="")
    level = RadioField("What happens", choices=choices(*SAYS), default="hold")
    severity = StringField("Severity as a number", [Length(max=20)])
    category = SelectField("Kind", choices=choices(*(c.value for c in CATEGORIES)))
    note = StringField("Note", [Length(max=MAX_NOTE), no_nul])
    even_so = BooleanField("List it even so")
    sample = TextAreaField("A text to try it on", [Length(max=10_000), no_nul])

    def word(self) -> SiteWord:
        """The entry as typed; whether it can be one is the service's question."""
        return SiteWord(
            term=self._starred((self.term.data or "").strip()),
            severity=self._severity(),
            category=Category(self.category.data),
            note=self.note.data or "",
        )

    def _starred(self, term: str) -> str:
        before, after = _STARS[self.place.data or ""]
        # Who typed the stars has said it already.
        return term if not term or "*" in (term[0], term[-1]) else before + term + after

    def _severity(self) -> float:
        if self.level.data != "number":
            return LEVELS[self.level.data]
        try:
            return float((self.severity.data or "").replace(",", "."))
        except ValueError:
            return -1.0


def typed(word: SiteWord) -> dict[str, str]:
    """An entry as the form's fields hold it, to be changed."""
    begins, ends = word.term.startswith("*"), len(word.term) > 1 and word.term.endswith("*")
    level = level_of(word.severity)
    named = LEVELS[level] == word.severity
    return {
        "term": word.term[begins : len(word.term) - ends],
        "place": next(
            name for name, stars in _STARS.items() if stars == ("*" * begins, "*" * ends)
        ),
        "level": level if named else "number",
        "severity": "" if named else f"{word.severity:g}",
        "category": word.category.value,
        "note": word.note,
    }
