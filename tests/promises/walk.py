"""Random steps of everybody at work on a site, in the service and in the small model at once.

`hypothesis` chooses the steps, and shortens the way to a fault that it finds. What is looked at
after each step is in `walk_looks.py`.
"""

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from comments_service import checks
from comments_service.domain.policy import Action, PolicyMode
from comments_service.domain.verdict import Mode
from comments_service.domain.words import SiteWord
from comments_service.services.accounts import token_principal
from comments_service.services.jobs import run_jobs
from comments_service.services.pages import PageRef
from comments_service.services.seal import seal_log
from comments_service.services.sites import SiteChange, create_site, show_site
from comments_service.services.threads import (
    ThreadChange,
    change_thread_settings,
    thread_settings,
)
from comments_service.services.words import put
from comments_service.storage.standing import Actor
from comments_service.web.edge import edge_of
from tests.cast import Cast, Program, Reader
from tests.promises.small_model import (
    AFTER,
    DOUBTFUL,
    FORBIDDEN,
    KINDS,
    PLAIN,
    Decision,
    Remark,
    State,
    World,
)
from tests.promises.walk_looks import Looks
from tests.support.service import close_app, make_app

PAGES: Final = 2
READERS: Final = 3
LATE: Final = 12
"""Steps turn to the latest remarks: most of these can still be changed."""
WORDS: Final = {DOUBTFUL: " They quibble.", FORBIDDEN: " They flummox."}
_runs: Final = itertools.count(1)
numbers: Final = st.integers(0, 1_000)
readers: Final = st.integers(0, READERS - 1)
pages: Final = st.integers(0, PAGES - 1)
modes: Final = st.sampled_from([PolicyMode.POST, PolicyMode.PRE])
seldom: Final = st.integers(0, 9).map(lambda number: number == 0)
picked: Final = st.tuples(numbers, st.sampled_from(list(Action)), seldom)


@dataclass
class Stage:
    """Two processes of the service, one of which comes and goes."""

    cast: Cast
    app: Flask
    other: Flask
    told: Counter[str] = field(default_factory=Counter)
    """What happened, over all walks."""

    def restart(self) -> None:
        close_app(self.app)
        self.app = make_app(self.cast.app.config["COMMENTS"], self.cast.clock)

    def stranger(self, step: int) -> FlaskClient:
        """At one process or the other; there, twenty milliseconds have passed."""
        edge_of(self.other).watch.due = 0.0
        return (self.app, self.other)[step % 2].test_client()


@dataclass(frozen=True)
class Sent:
    """A comment that was acknowledged, as it was sent."""

    remark: Remark
    body: str
    key: str
    status: int


class Walk(RuleBasedStateMachine):
    """Everybody at work on a site that nobody has seen before."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.cast, self.clock = self.stage.cast, self.stage.cast.clock
        slug = f"site-{next(_runs)}"
        origin = f"https://{slug}.example"
        self.open(slug, origin)
        self.world, self.sent, self.said = World(), list[Sent](), itertools.count(1)
        self.touched: list[Remark] = []
        self.looks = Looks(
            slug,
            [f"{origin}/{number}" for number in range(PAGES)],
            self.world,
            [
                Reader(self.stage.app, self.clock, f"Reader {number}", origin, slug)
                for number in range(READERS)
            ],
            self.cast.program("moderate", slug),
        )
        self.steps = 0

    def open(self, slug: str, origin: str) -> None:
        """A site on which two words decide; what the other checks find is only written down."""
        shadows = dict.fromkeys(set(checks.discover()) - {"words"}, Mode.SHADOW)
        wanted = SiteChange(slug, [origin], PolicyMode.POST, shadows)
        words = [SiteWord("quibble", 0.6), SiteWord("flummox", 1.0)]
        with self.cast.app.app_context():
            create_site(slug, wanted, self.clock.advance(seconds=1))
            put(show_site(slug), words, Actor("system", "the walk"), self.clock.now)

    def some(self, number: int) -> Remark:
        late = self.world.remarks[-LATE:]
        return late[number % len(late)]

    def words(self, kind: str) -> str:
        return f"Remark {next(self.said)}.{WORDS.get(kind, '')}"

    def reader(self, number: int) -> Reader:
        """A reader, some seconds later: more would be too many for the limits."""
        self.clock.advance(seconds=20)
        return self.looks.readers[number]

    @property
    def moderator(self) -> Program:
        return self.looks.moderator

    def note(self, what: str) -> None:
        self.stage.told[what] += 1

    @rule(who=readers, page=pages, kind=st.sampled_from(KINDS))
    def post(self, who: int, page: int, kind: str) -> None:
        self._say(who, page, kind, None)

    @precondition(lambda self: self.world.remarks)
    @rule(who=readers, number=numbers, kind=st.sampled_from(KINDS), astray=seldom)
    def reply(self, who: int, number: int, kind: str, astray: bool) -> None:
        """Now and then to a remark of another page."""
        parent = self.some(number)
        self._say(who, (parent.page + astray) % PAGES, kind, parent)

    def _say(self, who: int, page: int, kind: str, parent: Remark | None) -> None:
        body, key = self.words(kind), f"key {next(self.said)}"
        answer = self._send(who, page, body=body, parent=parent, key=key)
        expected = self.world.post(who, page, parent, kind)
        assert answer.status_code == expected, answer.text
        self.note(f"post {expected}")
        if expected in (403, 404, 409):
            return
        action = self.world.judge(page, kind)
        remark = Remark("", who, page, parent, self.clock.now, State(AFTER[action], body))
        self.world.remarks.append(remark)
        if expected == 422:
            # A refusal names no comment; its author finds it.
            assert answer.json["type"] == "urn:comments:refused"
            remark.id = self.looks.own(self.looks.readers[who], page)[-1]["id"]
        else:
            remark.id = answer.json["comment"]["id"]
            self.sent.append(Sent(remark, body, key, expected))
        self.touched = [remark]

    def _send(self, who: int, page: int, *, body: str, parent: Remark | None, key: str) -> Any:
        above = parent.id if parent else None
        headers: dict[str, str | None] = {"Idempotency-Key": key}
        url = self.looks.urls[page]
        return self.reader(who).post(body, url, parent_id=above, headers=headers)

    @precondition(lambda self: self.sent)
    @rule(number=numbers, same=st.booleans())
    def retry(self, number: int, same: bool) -> None:
        """The answer was lost: the same request is the same comment, another one is refused."""
        sent = self.sent[-LATE:][number % min(LATE, len(self.sent))]
        remark, body = sent.remark, sent.body if same else self.words(PLAIN)
        parent, page = remark.parent, remark.page
        answer = self._send(remark.author, page, body=body, parent=parent, key=sent.key)
        assert answer.status_code == (sent.status if same else 422), answer.text
        if same:
            assert answer.json["comment"]["id"] == remark.id
        else:
            assert answer.json["type"] == "urn:comments:key-reused"
        self.note(f"retry {same}")

    @precondition(lambda self: self.world.remarks)
    @rule(number=numbers, kind=st.sampled_from((*KINDS, "same", "back")), stranger=seldom)
    def edit(self, number: int, kind: str, stranger: bool) -> None:
        """New words, the same ones, or those from before an edit that waits."""
        remark = self.some(number)
        who = (remark.author + stranger) % READERS
        kept = {"same": remark.newest, "back": remark.state.body}
        body = kept[kind] if kind in kept else self.words(kind)
        path = f"/api/v1/comments/{remark.id}"
        answer = self.reader(who).call("PATCH", path, json={"body": body})
        expected = self.world.why_not(remark, who, self.clock.now)
        expected = expected or self.world.edit(remark, kind, body)
        assert answer.status_code == expected, answer.text
        self.note(f"edit {expected}")
        self.touched = [remark]

    @precondition(lambda self: self.world.remarks)
    @rule(number=numbers, stranger=seldom)
    def withdraw(self, number: int, stranger: bool) -> None:
        remark = self.some(number)
        who = (remark.author + stranger) % READERS
        answer = self.reader(who).call("DELETE", f"/api/v1/comments/{remark.id}")
        expected = self.world.why_not(remark, who, self.clock.now)
        assert answer.status_code == (expected or 204), answer.text
        if expected is None:
            self.world.withdraw(remark)
        self.note(f"withdraw {expected or 204}")
        self.touched = [remark]

    @precondition(lambda self: self.world.remarks)
    @rule(picks=st.lists(picked, min_size=1, max_size=3))
    def decide(self, picks: list[tuple[int, Action, bool]]) -> None:
        """Up to three at once, the same one twice, or on a version that is not the newest."""
        wishes = [(self.some(number), action, late) for number, action, late in picks]
        seen = [remark.version - late for remark, _, late in wishes]
        results = self.moderator.decide(
            *(
                {"comment_id": remark.id, "version": version, "action": action.value}
                for (remark, action, _), version in zip(wishes, seen, strict=True)
            )
        )
        for (remark, action, _), version, result in zip(wishes, seen, results, strict=True):
            self._decided(remark, action, version, result)
        self.touched = [remark for remark, _, _ in wishes]

    def _decided(
        self, remark: Remark, action: Action, version: int, result: dict[str, Any]
    ) -> None:
        before = remark.state
        done = self.world.decide(remark, action, version)
        self.note(done)
        assert result["comment_id"] == remark.id
        if done == "conflict":
            status = "deleted" if remark.deleted else remark.state.status
            found = result["conflict"]
            assert (found["status"], found["version"]) == (status, remark.version)
            return
        assert (result["status"], result["version"]) == (remark.state.status, remark.version)
        assert (result["decision_id"] is None) == (done == "held")
        if done == "done":
            made = Decision(remark, remark.version, before)
            self.world.decisions[result["decision_id"]] = made

    @precondition(lambda self: self.world.decisions)
    @rule(number=numbers)
    def undo(self, number: int) -> None:
        late = list(self.world.decisions)[-LATE:]
        decision_id = late[number % len(late)]
        decision = self.world.decisions[decision_id]
        answer = self.moderator.undo(decision_id)
        undone = self.world.undo(decision)
        assert answer.status_code == (200 if undone else 409), answer.text
        self.note(f"undo {undone}")
        self.touched = [decision.remark]

    @rule(
        what=st.sampled_from(("page", "site", "time", "restart", "ban")),
        page=pages,
        who=readers,
        closed=seldom,
        mode=modes,
        minutes=st.sampled_from((1, 5, 20)),
    )
    def meanwhile(
        self, *, what: str, page: int, who: int, closed: bool, mode: PolicyMode, minutes: int
    ) -> None:
        """Pages and the site change, time passes, a process starts anew, readers are banned."""
        match what:
            case "page":
                self._change_page(page, closed, mode)
            case "site":
                self.cast.set_site(self.looks.site, mode=mode)
                self.world.mode = mode
            case "time":
                self._pass_time(minutes)
            case "ban":
                self._ban_or_lift(who)
            case _:
                self._restart()
        self.note(what)

    def _change_page(self, page: int, closed: bool, mode: PolicyMode) -> None:
        own = None if mode is self.world.mode else mode
        conf = self.stage.app.config["COMMENTS"]
        with self.stage.app.app_context():
            ref = PageRef(self.looks.site, self.looks.urls[page])
            wanted = thread_settings(conf, show_site(self.looks.site), ref)
            who = token_principal(self.moderator.secret)
            assert who is not None
            change = ThreadChange(own, closed, None)
            change_thread_settings(conf, wanted, change, who, self.clock.advance(seconds=1))
        self.world.change_page(page, closed, own)

    def _ban_or_lift(self, who: int) -> None:
        """A moderator bans whoever wrote a remark, or lifts that ban."""
        path = "/api/v1/moderation/bans"
        if who in self.world.bans:
            answer = self.moderator.call("DELETE", f"{path}/{self.world.bans.pop(who)}")
            assert answer.status_code == 204, answer.text
            return
        written = [remark.id for remark in self.world.remarks if remark.author == who]
        if written:
            wish = {"site": self.looks.site, "kind": "commenter", "days": 90, "reason": "abusive"}
            answer = self.moderator.call("POST", path, json=wish | {"comment_id": written[-1]})
            assert answer.status_code == 201, answer.text
            self.world.bans[who] = answer.json["ban"]["id"]  # type: ignore[index]  # As asserted.

    def _pass_time(self, minutes: int) -> None:
        """Some remarks can be changed no more; and the jobs run."""
        now = self.clock.advance(minutes=minutes)
        with self.stage.app.app_context():
            run_jobs(self.stage.app.config["COMMENTS"], "the walk", now)
            seal_log(self.stage.app.config["COMMENTS"].home, now)

    def _restart(self) -> None:
        self.stage.restart()
        self.moderator.app = self.stage.app
        for reader in self.looks.readers:
            reader.app = self.stage.app

    @invariant()
    def agrees(self) -> None:
        """Whatever is shown is what the model says."""
        self.looks.look(self.stage.stranger(self.steps), self.steps, self.touched)
        self.stage.told["steps"] += self.steps > 0  # The first look comes before the first step.
        self.steps += 1

    def teardown(self) -> None:
        with self.cast.app.app_context():
            seal_log(self.cast.app.config["COMMENTS"].home, self.clock.now)
        assert self.cast.broken() == []
