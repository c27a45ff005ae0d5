"""Trying a changed policy on stored comments before it is switched on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from msgspec.structs import replace

from comments_service.cli.common import application, now
from comments_service.cli.sites import MODES, check_mode, check_settings
from comments_service.cli.words import read_lines
from comments_service.config import Settings
from comments_service.domain.backtest import Quality, Sums
from comments_service.domain.ids import encode_id
from comments_service.domain.policy import PolicyMode
from comments_service.domain.words import SiteWord
from comments_service.services import backtest as service
from comments_service.services import sites, words
from comments_service.services.backtest import Replayed, Trial
from comments_service.services.examine import UnknownCheck
from comments_service.services.sites import SiteChange
from comments_service.services.views import SiteRow
from comments_service.text.terms import key_of

_REFUSED: Final = SiteWord("", 1.0)
_UNITS: Final = {"h": 1, "d": 24, "w": 168}
_LONGEST: Final = timedelta(weeks=5_000)
"""Back to before any comment."""
_IN_PART: Final = (
    "what it passed has left no score, so its thresholds are tried on what it found alone. "
    "What a lower one would stop besides is not known."
)
_EXCERPT: Final = 200
"""Characters of a comment's text that a line shows."""
_EVERY: Final = 5_000
"""Comments between two words of progress."""


@click.group()
def policy() -> None:
    """Try a site's policy on the comments that came."""


def _since(_context: click.Context, _parameter: click.Parameter, text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})([hdw])", text)
    if found is None or not int(found[1]):
        raise click.BadParameter(f"{text!r}: write 30d, 12h or 8w.")
    return min(timedelta(hours=int(found[1]) * _UNITS[found[2]]), _LONGEST)


@policy.command("backtest")
@click.option("--site", "slug", required=True, help="The site's slug.")
@click.option("--since", default="30d", callback=_since, help="How far back: 30d, 12h, 8w.")
@click.option("--mode", type=MODES, help="Another mode of the site.")
@click.option("--check-mode", "modes", multiple=True, help="CHECK=on, CHECK=shadow or CHECK=off.")
@click.option("--set", "--setting", "settings", multiple=True, help="CHECK.NAME=VALUE, as JSON.")
@click.option(
    "--words-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A list instead of the present one, as `words import` reads it.",
)
@click.option("--add-word", "added", multiple=True, help="One more blocked word or phrase.")
@click.option("--remove-word", "removed", multiple=True, help="One less.")
@click.option("--only", help="Only these checks, separated by commas, under both policies.")
@click.option("--list", "most", default=20, show_default=True, help="Changes to list.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: each change, then the sums.")
def backtest(
    *,
    slug: str,
    since: timedelta,
    mode: str | None,
    modes: tuple[str, ...],
    settings: tuple[str, ...],
    words_file: Path | None,
    added: tuple[str, ...],
    removed: tuple[str, ...],
    only: str | None,
    most: int,
    as_json: bool,
) -> None:
    """Replay stored comments under a changed policy, beside what moderators did.

    Nothing is written, and nothing is switched on. Without a change it compares today's code and
    settings with what was decided when the comments came.
    """
    with application() as app:
        site = sites.show_site(slug)
        change = SiteChange(
            mode=PolicyMode(mode) if mode else None,
            check_modes=dict(check_mode(text) for text in modes),
            check_settings=check_settings(settings),
        )
        tried = _words(site, words_file, added, removed)
        trial = _planned(app.config["COMMENTS"], site, change, only, tried)
        sums = Sums()
        for number, one in enumerate(_replayed(trial, now() - since, sums)):
            if as_json or number < most:
                click.echo(_json_line(one) if as_json else _text_line(one))
    click.echo(_json_sums(sums) if as_json else "\n".join(_summary(sums)))
    for check in trial.told_in_part:
        click.echo(f"{check}: {_IN_PART}", err=True)


def _replayed(trial: Trial, since: datetime, sums: Sums) -> Iterator[Replayed]:
    """The comments that are decided otherwise; counts all of them, and says how far it is."""
    for batch in service.replay_since(trial, since, now()):
        for one in batch:
            service.count(sums, one)
            if one.changed:
                yield one
        if sums.looked_at % _EVERY < len(batch):
            click.echo(
                f"{sums.looked_at:,} looked at, {sums.changed:,} decided otherwise", err=True
            )


def _planned(
    settings: Settings,
    site: SiteRow,
    change: SiteChange,
    only: str | None,
    tried: Sequence[SiteWord] | None,
) -> Trial:
    names = None if only is None else [name.strip() for name in only.split(",")]
    known_since = now() - timedelta(days=settings.address_days)
    after = sites.policy_after(site, change)
    try:
        return service.plan_trial(site, after, known_since, names, tried)
    except UnknownCheck as problem:
        raise click.UsageError(str(problem)) from None


def _words(
    site: SiteRow, file: Path | None, added: Sequence[str], removed: Sequence[str]
) -> list[SiteWord] | None:
    """The list to try; None where it stays."""
    if file is None and not added and not removed:
        return None
    if file is None:
        listed = list(words.read_all(site))
    else:
        with file.open("rb") as opened:
            listed = read_lines(opened, _REFUSED)
    known = {key_of(word.term): word for word in listed}
    for term in removed:
        if known.pop(key_of(term), None) is None:
            raise click.UsageError(f"{term!r} is not among the site's words.")
    for term in added:
        word = words.tidy_word(replace(_REFUSED, term=term))
        known[key_of(word.term)] = word
    return list(known.values())


def _decision(action: str, reasons: Sequence[str]) -> dict[str, Any]:
    return {"action": action, "reasons": list(reasons)}


def _json_line(one: Replayed) -> str:
    """A comment that is decided otherwise."""
    row = one.row
    return _encoded(
        {
            "comment_id": encode_id(row.id),
            "created_at": row.created_at.replace(microsecond=0),
            "url": row.thread_url,
            "author_name": row.author_name,
            "text": row.text,
            "before": _decision(one.before.action, one.before.reasons),
            "after": _decision(one.after.action, one.after.reasons),
            "fate": one.fate,
            "as_stored": sorted(one.as_stored),
        }
    )


def _json_sums(sums: Sums) -> str:
    """The last line: everything counted."""
    return _encoded(
        {
            "looked_at": sums.looked_at,
            "changed": sums.changed,
            "turns": [
                {
                    "before": t.before,
                    "after": t.after,
                    "comments": t.total,
                    "approved": t.approved,
                    "rejected": t.rejected,
                    "spam": t.spam,
                    "undecided": t.undecided,
                }
                for t in sums.turns
            ],
            "before": _quality(sums.quality_before),
            "after": _quality(sums.quality_after),
            "other_reasons": sums.other_reasons,
            "came_otherwise": sums.came_otherwise,
            "as_stored": dict(sorted(sums.as_stored.items())),
            "older_code": dict(sorted(sums.older_code.items())),
            "found_otherwise": dict(sorted(sums.found_otherwise.items())),
        }
    )


def _quality(quality: Quality) -> dict[str, Any]:
    return {
        "precision": _rounded(quality.precision),
        "recall": _rounded(quality.recall),
        "stopped_right": quality.stopped_right,
        "stopped_wrong": quality.stopped_wrong,
        "missed": quality.missed,
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _encoded(members: Mapping[str, Any]) -> str:
    return msgspec.json.encode(members).decode()


def _text_line(one: Replayed) -> str:
    text = " ".join(one.row.text.split())
    excerpt = text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…"
    turn = f"{one.before.action.value} -> {one.after.action.value}"
    why = " ".join(one.after.reasons) or "nothing found"
    return f"{encode_id(one.row.id)}\t{turn}\t{why}\t{one.fate.value}\t{excerpt}"


_DONE: Final = {
    "approve": "published at once",
    "hold": "held",
    "reject": "refused",
    "spam": "taken for spam",
}


def _summary(sums: Sums) -> Iterator[str]:
    yield f"\n{sums.looked_at:,} comments looked at, {sums.changed:,} would be decided otherwise."
    for t in sums.turns:
        yield (
            f"  {t.total:,} {_DONE[t.after]} instead of {_DONE[t.before]}: moderators approved "
            f"{t.approved}, rejected {t.rejected}, marked {t.spam} as spam; {t.undecided} undecided"
        )
    if sums.other_reasons:
        yield f"{sums.other_reasons:,} would be decided alike, for other reasons."
    yield "Beside what moderators decided:"
    for name, quality in (("now", sums.quality_before), ("changed", sums.quality_after)):
        yield (
            f"  {name:8} precision {_percent(quality.precision)}, recall "
            f"{_percent(quality.recall)} ({quality.stopped_right:,} rightly stopped, "
            f"{quality.stopped_wrong:,} wrongly, {quality.missed:,} missed)"
        )
    if sums.came_otherwise:
        yield (
            f"{sums.came_otherwise:,} were decided otherwise when they came: code or settings "
            "have changed since."
        )
    for check, number in sorted(sums.older_code.items()):
        yield (
            f"  {check}: an older version examined {number:,}; today's finds other reasons in "
            f"{sums.found_otherwise[check]:,}"
        )
    for check, number in sorted(sums.as_stored.items()):
        yield f"{check} could not be asked again: of {number:,} its stored verdict was used."


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.1%}"
