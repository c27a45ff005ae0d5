"""Asking one check about one text, for the tables of the tests beside this file."""

from typing import Any

from comments_service import checks
from comments_service.domain.comment import make_submission
from comments_service.domain.facts import NO_HISTORY, Facts
from comments_service.domain.policy import CheckPolicy, Policy
from comments_service.domain.verdict import Verdict


def verdicts(
    check: str,
    body: str,
    *,
    author_name: str = "Bob",
    website: str = "",
    facts: Facts = NO_HISTORY,
    settings: dict[str, Any] | None = None,
) -> tuple[Verdict, ...]:
    """What the check says."""
    submission = make_submission(author_name=author_name, body=body, website=website)
    policy = Policy(checks={check: CheckPolicy(settings=settings or {})})
    only = {check: checks.discover()[check]}
    return checks.run(submission, facts, policy, checks=only).verdicts


def reasons(check: str, body: str, **more: Any) -> list[str]:
    """The codes of what it says, without the check's name."""
    return [v.reason.removeprefix(f"{check}.") for v in verdicts(check, body, **more)]
