"""The checks: one file each, found by scanning this folder, and run all together.

A check reports what it saw; what that means for the comment is `domain/policy.py`'s question. No
check imports another, and none knows a database, a clock or a request.
"""

import importlib
import logging
import pkgutil
import threading
from collections.abc import Hashable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Final, cast

import msgspec
from msgspec import structs

from comments_service.domain.comment import MAX_BODY, MAX_NAME, Submission
from comments_service.domain.errors import InvalidFields, NotFound
from comments_service.domain.facts import Facts
from comments_service.domain.policy import CheckPolicy, Policy
from comments_service.domain.verdict import Check, Examination, Finding, Mode, Signal, Verdict
from comments_service.text.graphemes import whole_characters
from comments_service.text.reading import Reading

COULD_NOT_BE_CHECKED: Final = "could_not_be_checked"
"""The reason of a check that could not look; every check has it without naming it."""
COULD_NOT_MESSAGE: Final = "could not be checked"
_REMEMBERED: Final = 256
"""Settings of a site for a check that are kept as read."""

_log: Final = logging.getLogger(__name__)
_one_looks: Final = threading.Lock()


@cache
def discover() -> Mapping[str, Check]:
    """Every check of this folder by name, in the order of names.

    A file that exposes a `check` is a check; its being here is its registration.
    """
    with _one_looks:
        return MappingProxyType(dict(sorted(_found().items())))


def _found() -> dict[str, Check]:
    found: dict[str, Check] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.ispkg:
            continue
        check = getattr(importlib.import_module(f"{__name__}.{module.name}"), "check", None)
        if isinstance(check, Check):
            if check.name in found:
                raise ValueError(f"Two checks are called {check.name!r}.")
            # msgspec looks at a type the first time it is read into, and two threads that do so at
            # the same time end the process; here one looks at it, before anybody reads.
            msgspec.json.Decoder(check.settings_type)
            found[check.name] = check
    return found


def run(
    submission: Submission,
    facts: Facts,
    policy: Policy,
    *,
    checks: Mapping[str, Check] | None = None,
    reading: Reading | None = None,
) -> Examination:
    """Ask every check that policy has not switched off, and collect all that they say.

    None of them is skipped because another found something. One that raises, or whose settings
    cannot be read, gives an ERRORED verdict, which holds the comment for a person. Who has read the
    submission already passes its `reading`, so that nothing is folded twice.
    """
    reading = reading or Reading(submission)
    verdicts: list[Verdict] = []
    examined_by: dict[str, int] = {}
    for name, check in (discover() if checks is None else checks).items():
        used = policy.of(name)
        if used.mode is not Mode.OFF:
            examined_by[name] = check.version
            verdicts += _ask(check, used, reading, facts)
    return Examination(tuple(verdicts), MappingProxyType(examined_by))


def could_not_look(checks: Mapping[str, Check], policy: Policy) -> Examination:
    """What is said of a text that none of the checks was shown."""
    used = {name: (check, policy.of(name)) for name, check in checks.items()}
    asked = {name: pair for name, pair in used.items() if pair[1].mode is not Mode.OFF}
    versions = {name: check.version for name, (check, _) in asked.items()}
    return Examination(
        tuple(_errored(*pair) for pair in asked.values()), MappingProxyType(versions)
    )


def read_settings(check_name: str, settings: Mapping[str, Any]) -> Any:
    """Read a site's stored settings for a check; returns an instance of its `settings_type`.

    Raises:
        NotFound: there is no such check.
        InvalidFields: a setting is unknown or its value is wrong; the field is the setting's name.
    """
    check = _known(check_name)
    return _read(check.name, check.settings_type, settings)


def validate_settings(check_name: str, settings: Mapping[str, Any]) -> Any:
    """Read settings that somebody wishes; they must also make sense together.

    What was stored before that was asked goes on as it is: holding every comment because of it
    would be worse than a threshold without effect.

    Raises:
        NotFound, InvalidFields: as `read_settings`, or a threshold to hold is above that to refuse.
    """
    check = _known(check_name)
    found = _read(check.name, check.settings_type, settings)
    for low, high in check.ascending:
        held, refused = getattr(found, low), getattr(found, high)
        if held > refused:
            raise InvalidFields.one(
                low,
                f"{low} ({held:g}) cannot be above {high} ({refused:g}): "
                f"below {low} nothing counts, so {high} would not be what it says.",
            )
    return found


def _known(check_name: str) -> Check:
    check = discover().get(check_name)
    if check is None:
        raise NotFound(f"check as {check_name!r}")
    return check


def _settings(check: Check, settings: Mapping[str, Any]) -> Any:
    """A policy's settings for a check. Thousands of comments share them: they are read once."""
    settings_type = cast("Hashable", check.settings_type)
    if not settings:
        return _default(settings_type)
    return _read_once(check.name, settings_type, msgspec.msgpack.encode(settings))


@cache
def _default(settings_type: type[Any]) -> Any:
    return settings_type()


@lru_cache(maxsize=_REMEMBERED)
def _read_once(check_name: str, settings_type: type[Any], packed: bytes) -> Any:
    return _read(check_name, settings_type, msgspec.msgpack.decode(packed))


def _read(check_name: str, settings_type: type[Any], settings: Mapping[str, Any]) -> Any:
    known = [f.name for f in structs.fields(settings_type)]
    for name in settings:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise InvalidFields.one(name, f"{check_name} has no such setting; it has: {listed}.")
    try:
        return msgspec.convert(settings, settings_type)
    except msgspec.ValidationError as error:
        # msgspec says what is wrong, then where: "Expected `int`, got `str` - at `$.max`".
        problem, _, where = str(error).partition(" - at `$.")
        field = where.rstrip("`").split("[")[0] or check_name
        raise InvalidFields.one(field, f"{problem}.") from None


def _ask(check: Check, used: CheckPolicy, reading: Reading, facts: Facts) -> list[Verdict]:
    try:
        _require_bounded(reading.submission)
        settings = _settings(check, used.settings)
        return [
            _verdict(check, used, finding, reading)
            for finding in check.examine(reading, facts, settings)
        ]
    except Exception as error:  # noqa: BLE001 - whatever went wrong, a person must look at the comment.
        # Only names are logged: an exception's text may quote the comment.
        _log.error("check %s could not look: %s", check.name, type(error).__name__)
        return [_errored(check, used)]


def _errored(check: Check, used: CheckPolicy) -> Verdict:
    return Verdict(
        check=check.name,
        version=check.version,
        mode=used.mode,
        signal=Signal.ERRORED,
        score=0.0,
        reason=f"{check.name}.{COULD_NOT_BE_CHECKED}",
        message=COULD_NOT_MESSAGE,
    )


def _require_bounded(submission: Submission) -> None:
    """Checks promise their work for a comment's longest text, not for any text."""
    if len(submission.body) > MAX_BODY or len(submission.author_name) > MAX_NAME:
        raise ValueError("The submission is longer than any comment may be.")


def _verdict(check: Check, used: CheckPolicy, finding: Finding, reading: Reading) -> Verdict:
    spans = finding.spans
    if spans:
        # Whoever marks them cuts no letter from its accents.
        texts = {passage.field: passage.original for passage in reading.passages}
        spans = whole_characters(texts.get(finding.field, ""), spans)
    return Verdict(
        check=check.name,
        version=check.version,
        mode=used.mode,
        signal=finding.signal,
        score=finding.score,
        reason=f"{check.name}.{finding.reason}",
        message=check.reasons[finding.reason].format(**finding.values),
        category=finding.category,
        spans=spans,
        field=finding.field,
    )
