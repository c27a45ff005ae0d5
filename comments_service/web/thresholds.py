"""The numbers among the checks' settings, as fields of the site's form.

Lists and switches among the settings have doors of their own; what may stand in a field is the
check's to say, when the form is read.
"""

from functools import cache
from math import isfinite
from typing import Any, Final, NamedTuple, get_type_hints

from msgspec import structs
from wtforms import StringField
from wtforms.validators import Length, ValidationError

from comments_service import checks
from comments_service.domain.policy import Policy

_MOST: Final = 12
"""Characters of a number."""


class Threshold(NamedTuple):
    """One number of a check's settings; `field` is how the form and its faults name it."""

    field: str
    check: str
    name: str
    kind: type[int] | type[float]
    default: float

    @property
    def label(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ")

    @property
    def usual(self) -> str:
        """Its default, as typed."""
        return f"{self.default:g}"


@cache
def thresholds() -> tuple[Threshold, ...]:
    """All of them, by check and in the order the check names them."""
    found: list[Threshold] = []
    for check in checks.discover().values():
        kinds, usual = get_type_hints(check.settings_type), check.settings_type()
        for setting in structs.fields(check.settings_type):
            kind = kinds[setting.name]
            if kind in (int, float):
                place = f"{check.name}.{setting.name}"
                default = getattr(usual, setting.name)
                found.append(Threshold(place, check.name, setting.name, kind, default))
    return tuple(found)


def threshold_fields() -> dict[str, Any]:
    """A field for each; an empty one stands for the default."""

    def is_number(_form: Any, field: Any) -> None:
        try:
            _number(_by_field()[field.name], field.data)
        except ValueError:
            raise ValidationError("This is not such a number.") from None

    return {t.field: StringField(t.label, [Length(max=_MOST), is_number]) for t in thresholds()}


def stored_thresholds(policy: Policy) -> dict[str, str]:
    """What a site's policy has in each field."""
    return {
        t.field: f"{policy.of(t.check).settings.get(t.name, t.default):g}" for t in thresholds()
    }


def wanted_thresholds(form: Any) -> dict[str, dict[str, float | None]]:
    """The settings that a valid form asks for, None for the default.

    A field that was not sent leaves its setting alone.
    """
    wanted: dict[str, dict[str, float | None]] = {}
    for t in thresholds():
        if form[t.field].data is None:
            continue
        wanted.setdefault(t.check, {})[t.name] = _number(t, form[t.field].data)
    return wanted


@cache
def _by_field() -> dict[str, Threshold]:
    return {t.field: t for t in thresholds()}


def _number(threshold: Threshold, text: str | None) -> float | None:
    typed = (text or "").strip()
    number = threshold.kind(typed) if typed else threshold.default
    if not isfinite(number):
        raise ValueError(typed)
    return None if number == threshold.default else number
