"""The examination of one text on one site: facts in, verdicts and policy's decision out."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Struct, structs
from sqlalchemy import Connection

from comments_service import checks
from comments_service.checks.report import flag_and_scores
from comments_service.domain.comment import Submission, can_be_examined
from comments_service.domain.errors import CommentsError
from comments_service.domain.facts import NO_HISTORY, Earlier, Facts, History
from comments_service.domain.ids import id_at
from comments_service.domain.policy import (
    POLICY_REASONS,
    Decision,
    Policy,
    PolicyMode,
    decide,
)
from comments_service.domain.urls import host_port
from comments_service.domain.verdict import Category, Check, Examination, Mode, Signal, Verdict
from comments_service.domain.words import WordList
from comments_service.services.words import words_of
from comments_service.storage.queries.context import load_earlier
from comments_service.storage.queries.sites import SiteRow
from comments_service.text.reading import Reading

LOOK_BACK: Final = timedelta(days=1)
"""How far back repeats and floods are seen."""
MOST_EARLIER: Final = 50
_PORT: Final = re.compile(r":\d+$")


class Judged(Struct, frozen=True):
    """What the checks said and what policy made of it."""

    examination: Examination
    decision: Decision

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What the checks found, then policy's own reasons as verdicts that found nothing."""
        own = [_policy_verdict(r) for r in self.decision.reasons if r in POLICY_REASONS]
        found = [v for v in self.examination.verdicts if v.signal is not Signal.CLEAR]
        return (*found, *own)

    @property
    def examined_by(self) -> str:
        """Name and version of every check that ran, as the comment's row keeps it."""
        return msgspec.json.encode(dict(self.examination.examined_by)).decode()

    @property
    def risk(self) -> int:
        """The strongest counted finding, 0 to 3,999: signal times 1,000 plus score times 999."""
        counted = (
            v
            for v in self.examination.verdicts
            if v.mode is Mode.ON
            and v.category is not Category.MANNER
            and v.signal is not Signal.CLEAR
        )
        return max((int(v.signal) * 1000 + round(v.score * 999) for v in counted), default=0)

    @property
    def refusals(self) -> list[str]:
        """Why policy refused, for the commenter."""
        named = set(self.decision.reasons)
        return list(
            dict.fromkeys(v.message for v in self.examination.verdicts if v.reason in named)
        )


def _policy_verdict(reason: str) -> Verdict:
    return Verdict(
        "policy", 1, Mode.ON, Signal.CLEAR, 0.0, reason, POLICY_REASONS[reason], category=None
    )


class Sender(Struct, frozen=True):
    """Who sent a text, as far as the past can be asked about them."""

    commenter_id: int | None
    has_key: bool
    approved_by_person: int
    address_hash: str | None


def load_facts(
    conn: Connection,
    site: SiteRow,
    sender: Sender,
    *,
    thread_id: int | None,
    fingerprint: str,
    now: datetime,
    but_comment: int | None = None,
) -> Facts:
    """What past and site say, mostly in one statement; `but_comment` (being edited) is left out."""
    earlier, statuses = load_earlier(
        conn,
        site_id=site.id,
        commenter_id=sender.commenter_id,
        address_hash=sender.address_hash,
        fingerprint=fingerprint,
        oldest_id=id_at(now - LOOK_BACK),
    )
    seen = tuple(
        Earlier(
            created_at=e.created_at,
            fingerprint=e.fingerprint,
            same_commenter=None is not sender.commenter_id == e.commenter_id,
            same_address=None is not sender.address_hash == e.address_hash,
            same_thread=e.thread_id == thread_id,
        )
        for e in earlier[:MOST_EARLIER]
        if e.id != but_comment
    )
    history = History(sender.has_key, sender.approved_by_person, statuses)
    return facts_at(site, words_of(conn, site), now, history, seen)


def facts_at(
    site: SiteRow, words: WordList, now: datetime, history: History, earlier: tuple[Earlier, ...]
) -> Facts:
    """What is known at a moment, of the past and of the site."""
    return Facts(
        now=now,
        history=history,
        earlier=earlier,
        site_hosts=site_hosts(site.origins),
        site_name=site.name,
        words=words,
    )


@lru_cache(maxsize=256)
def site_hosts(origins: tuple[str, ...]) -> frozenset[str]:
    """The host names of a site's origins."""
    return frozenset(_PORT.sub("", host_port(origin)) for origin in origins)


def judge(
    reading: Reading,
    facts: Facts,
    policy: Policy,
    thread_mode: str | None,
    *,
    insisted: bool = False,
    flooded: bool = False,
) -> Judged:
    """Examine and decide; pure. A thread's own mode goes before its site's.

    `insisted` counts only where the site asks to reword: elsewhere nobody was asked.
    """
    mode = PolicyMode(thread_mode) if thread_mode else policy.mode
    if mode is not policy.mode:
        policy = structs.replace(policy, mode=mode)
    examination = checks.run(reading.submission, facts, policy, reading=reading)
    insisted = insisted and policy.asks_to_reword
    decision = decide(examination.verdicts, mode, facts.history, insisted=insisted, flooded=flooded)
    return Judged(examination, decision)


class UnknownCheck(CommentsError):
    """A check was asked for that there is not."""


def wanted_checks(only: Collection[str] | None) -> Mapping[str, Check]:
    """All checks, or those named.

    Raises:
        UnknownCheck: one is named that there is not.
    """
    known = checks.discover()
    if only is None:
        return known
    if unknown := set(only) - known.keys():
        raise UnknownCheck(f"There is no check {min(unknown)!r}; there are: {', '.join(known)}.")
    return {name: check for name, check in known.items() if name in only}


def examine_text(text: str, author_name: str, wanted: Mapping[str, Check]) -> dict[str, Any]:
    """One text by itself, as `comments-service check` answers it: mode `post`, no history.

    A text that shows nothing, or holds half a character, could not be posted: it is not checked.
    """
    policy = Policy(PolicyMode.POST)
    if can_be_examined(text, author_name):
        examination = checks.run(Submission(author_name, text), NO_HISTORY, policy, checks=wanted)
    else:
        examination = checks.could_not_look(wanted, policy)
    decision = decide(examination.verdicts, PolicyMode.POST, History())
    report = flag_and_scores(examination)
    return {
        "decision": decision.action.value,
        "flag": report.flag,
        "score": round(report.score, 4),
        "scores": {name: round(score, 4) for name, score in report.scores.items()},
        "categories": [category.value for category in report.categories],
        "spans": [list(span) for span in report.spans],
        "verdicts": [
            {
                "check": v.check,
                "version": v.version,
                "signal": v.signal.name.lower(),
                "score": round(v.score, 4),
                "reason": v.reason,
                "message": v.message,
                "category": v.category.value if v.category else None,
                "field": v.field,
                "spans": [list(span) for span in v.spans],
            }
            for v in examination.verdicts
            if v.signal is not Signal.CLEAR
        ],
    }
