"""Promise 16: a decision through one process shows through another within a second.

What is measured on the way, the time from the decision's answer to the other process's, goes to the
log (`-o log_cli=true --log-cli-level=INFO`): it is a fact about a machine, and no test's business.
"""

import logging
import statistics
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest

from tests.promises.several import served
from tests.support.instance import ORIGIN, SITE, Instance
from tests.support.line import Line

PROMISED: Final = 1.0
"""Seconds."""
SEEN_WITHIN: Final = 60.0
"""Seconds after which it counts as never shown."""
PAGE: Final = f"{ORIGIN}/a-page"
PLACE: Final = f"site={SITE}&url={quote(PAGE, safe='')}"
_PAUSE: Final = 0.002
log = logging.getLogger(__name__)


@dataclass
class Newsroom:
    """Two processes, and one comment that is published and put away again."""

    under_test: Instance
    lines: list[Line]
    comment: str = ""
    version: int = 1
    seconds: list[float] = field(default_factory=list)

    def post(self) -> None:
        headers = {"Authorization": f"Bearer {self.under_test.writer}"}
        sent = {"site": SITE, "url": PAGE, "author_name": "Ida", "body": "Here or not?"}
        status, said = self.lines[0].ask("POST", "/api/v1/comments", sent, headers)
        assert status == 201, said
        self.comment = said["comment"]["id"]
        self.wait_for(self.lines[1], shown=1)

    def decide(self, through: Line, action: str) -> None:
        headers = {"Authorization": f"Bearer {self.under_test.moderator}"}
        wish = {"comment_id": self.comment, "version": self.version, "action": action}
        path = "/api/v1/moderation/decisions"
        status, said = through.ask("POST", path, {"decisions": [wish]}, headers)
        assert status == 200, said
        self.version = said["results"][0]["version"]

    def wait_for(self, line: Line, shown: int) -> None:
        """Wait until count and thread show so many comments; how long it took is kept."""
        began = time.monotonic()
        while not (counted(line) == listed(line) == shown):
            assert time.monotonic() - began < SEEN_WITHIN, "the other process never showed it"
            threading.Event().wait(_PAUSE)
        self.seconds.append(time.monotonic() - began)


def counted(line: Line) -> int:
    _, said = line.ask("GET", f"/api/v1/counts?{PLACE}")
    count: int = said["counts"][0]["count"]
    return count


def listed(line: Line) -> int:
    _, said = line.ask("GET", f"/api/v1/comments?{PLACE}")
    return len(said["comments"])


def decide_often(under_test: Instance, folder: Path, decisions: int) -> list[float]:
    """Seconds until each decision showed, through one process and the other in turns."""
    with served(under_test, 2, folder) as ports:
        room = Newsroom(under_test, [Line(port) for port in ports])
        room.post()
        room.seconds.clear()
        for number in range(decisions):
            here, there = room.lines if number % 4 < 2 else room.lines[::-1]
            # The other process has its answer ready in memory: the old one.
            assert counted(there) == listed(there) == (number + 1) % 2
            room.decide(here, "approve" if number % 2 else "reject")
            room.wait_for(there, shown=number % 2)
        for line in room.lines:
            line.close()
    parts = statistics.quantiles(room.seconds, n=100)
    facts = {name: round(parts[n - 1] * 1_000, 1) for name, n in (("p50", 50), ("p99", 99))}
    log.info("milliseconds of %s: %s, max %.1f", decisions, facts, max(room.seconds) * 1_000)
    return room.seconds


def test_promise_16_a_decision_shows_through_another_process(
    under_test: Instance, tmp_path: Path
) -> None:
    # The half of them: a busy machine may leave a process without its turn for a second.
    assert statistics.median(decide_often(under_test, tmp_path, 20)) < PROMISED


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_promise_16_five_hundred_decisions_show_within_a_second(
    under_test: Instance, tmp_path: Path
) -> None:
    assert max(decide_often(under_test, tmp_path, 500)) < PROMISED
