"""Links: does the comment point to more places outside the site than comments usually do?"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Struct

from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal
from comments_service.text.reading import MAX_LINKS, Link, Reading


class Settings(Struct, frozen=True):
    """How many links are usual."""

    max: Annotated[int, msgspec.Meta(ge=0, le=100)] = 1
    """Links to other sites that may pass; one more makes the comment suspect."""


def examine(reading: Reading, facts: Facts, settings: Settings) -> Sequence[Finding]:
    """One finding when there are more outside links than may pass.

    The same address counts once, however often it is written; the site's own hosts are free. Where
    not all links are read (`text.reading.MAX_LINKS`), the rest may be anything, and the comment
    waits.
    """
    outside = [link for link in reading.body.links if _is_outside(link, facts.site_hosts)]
    count = len({link.url.casefold().rstrip("/") for link in outside})
    unread = len(reading.body.links) >= MAX_LINKS
    if count <= settings.max and not unread:
        return ()
    return (
        Finding(
            signal=Signal.SUSPECT,
            score=1 - 0.5 ** max(1, count - settings.max),
            reason="too_many" if count > settings.max else "unread",
            category=Category.SPAM,
            spans=tuple(link.span for link in outside),
            values={"count": count, "max": settings.max},
        ),
    )


def _is_outside(link: Link, site_hosts: frozenset[str]) -> bool:
    return link.host not in site_hosts and link.host.removeprefix("www.") not in site_hosts


check = Check(
    name="links",
    version=2,
    summary="Does the comment link to more other sites than comments usually do?",
    reasons={
        "too_many": "Links to other sites: {count}; up to {max} may pass.",
        "unread": "So many links that not all were read; to other sites: {count}.",
    },
    examine=examine,
    settings_type=Settings,
)
