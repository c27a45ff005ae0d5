"""A small model of the service: what it must answer, in as few words as can be.

It knows no database, no HTTP and none of the service's code but its names for things. A site has
pages, readers write remarks on them, moderators decide; checks find only what the words of a text
say. `walk.py` takes the same steps in it and in the service.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from comments_service.domain.policy import Action, PolicyMode

PLAIN: Final = "plain"
DOUBTFUL: Final = "doubtful"
FORBIDDEN: Final = "forbidden"
KINDS: Final = (PLAIN, PLAIN, DOUBTFUL, FORBIDDEN)
WINDOW: Final = timedelta(minutes=15)
"""How long a remark can be changed by its author; docs/api.md says so."""
AFTER: Final = {
    Action.APPROVE: "approved",
    Action.HOLD: "pending",
    Action.REJECT: "rejected",
    Action.SPAM: "spam",
}


@dataclass(frozen=True)
class State:
    """What can change of a remark; a decision remembers it, and undoing brings it back."""

    status: str
    body: str
    edit: str | None = None
    """An edit of an approved text that waits."""
    judged: bool = False
    """Whether a person has decided on it."""
    examined: int = 1
    """The remark's version with which the checks read its text."""


@dataclass
class Remark:
    """A comment."""

    id: str
    author: int
    page: int
    parent: "Remark | None"
    at: datetime
    state: State
    deleted: bool = False
    version: int = 1

    @property
    def published(self) -> bool:
        return self.state.status == "approved" and not self.deleted

    @property
    def tab(self) -> str:
        """Where moderators find it."""
        if self.deleted:
            return "deleted"
        return "pending" if self.state.edit is not None else self.state.status

    @property
    def looked_at(self) -> bool:
        """Whether the last person's decision was on its present text."""
        return self.state.judged and self.version > self.state.examined

    @property
    def newest(self) -> str:
        """The text as its author sees it."""
        return self.state.edit or self.state.body

    def become(self, **change: object) -> None:
        self.state = replace(self.state, **change)  # type: ignore[arg-type]  # By State's names.
        self.version += 1


@dataclass(frozen=True)
class Decision:
    """What a moderator did, and what was before."""

    remark: Remark
    version: int
    """The remark's, once it was done."""
    before: State


@dataclass
class World:
    """One site."""

    mode: PolicyMode = PolicyMode.POST
    modes: dict[int, PolicyMode] = field(default_factory=dict)
    """Of pages that have one of their own."""
    closed: set[int] = field(default_factory=set)
    remarks: list[Remark] = field(default_factory=list)
    """In the order in which they came."""
    decisions: dict[str, Decision] = field(default_factory=dict)
    bans: dict[int, str] = field(default_factory=dict)
    """The ids of bans, by the reader who is banned."""

    def change_page(self, page: int, closed: bool, mode: PolicyMode | None) -> None:
        """A page is closed or open from now on; without a mode it goes by the site's."""
        (self.closed.add if closed else self.closed.discard)(page)
        self.modes.pop(page, None)
        if mode is not None:
            self.modes[page] = mode

    def judge(self, page: int, kind: str) -> Action:
        """What policy makes of a new text."""
        if self.modes.get(page, self.mode) is PolicyMode.PRE:
            return Action.HOLD
        found = {PLAIN: Action.APPROVE, DOUBTFUL: Action.HOLD, FORBIDDEN: Action.REJECT}
        return found[kind]

    def post(self, who: int, page: int, parent: Remark | None, kind: str) -> int:
        """The status of the answer to a new comment; whoever posted adds it."""
        if page in self.closed:
            return 409
        if parent is not None and not (parent.published and parent.page == page):
            return 404
        if who in self.bans:
            return 403
        return {"approved": 201, "pending": 202, "rejected": 422}[AFTER[self.judge(page, kind)]]

    def why_not(self, remark: Remark, reader: int, now: datetime) -> int | None:
        """Why this reader cannot change it now."""
        if remark.author != reader or remark.deleted:
            return 404
        return 403 if now > remark.at + WINDOW else None

    def edit(self, remark: Remark, kind: str, body: str) -> int:
        """An author's new text, within the window; the status of the answer."""
        state, same = remark.state, body == remark.newest
        if state.status == "rejected" or (remark.author in self.bans and not same):
            return 403
        if same:
            return 200
        if body == state.body:
            remark.become(edit=None)
            return 200
        action = self.judge(remark.page, kind)
        if action is Action.REJECT:
            return 422
        if state.status == "approved" and action is Action.HOLD:
            remark.become(edit=body)
            return 200
        stays = state.status in ("approved", "spam") or state.judged
        status = state.status if stays else AFTER[action]
        remark.become(status=status, body=body, edit=None, examined=remark.version + 1)
        return 200

    def withdraw(self, remark: Remark) -> None:
        remark.deleted = True
        remark.version += 1

    def decide(self, remark: Remark, action: Action, version: int) -> str:
        """`held` where it was so already, `conflict` where somebody came first, else `done`.

        What policy alone decided is not so yet: deciding it again confirms it.
        """
        state = remark.state
        settled = action is Action.HOLD or (state.edit is None and remark.looked_at)
        if settled and not remark.deleted and state.status == AFTER[action]:
            return "held"
        if remark.version != version or remark.deleted:
            return "conflict"
        if state.edit is None or action is Action.HOLD:
            remark.become(status=AFTER[action], judged=True)
        elif action is Action.APPROVE:
            remark.become(status="approved", body=state.edit, edit=None, judged=True)
        elif action is Action.REJECT and state.status == "approved":
            remark.become(edit=None)
        else:
            remark.become(status=AFTER[action], edit=None, judged=True)
        return "done"

    def undo(self, decision: Decision) -> bool:
        """Whether there was nothing after it."""
        remark = decision.remark
        if remark.version != decision.version:
            return False
        before = decision.before
        unseen = before.edit is None and decision.version - 1 == before.examined
        remark.version += 1
        remark.state = replace(before, examined=remark.version) if unseen else before
        return True

    def on(self, page: int) -> list[Remark]:
        return [remark for remark in self.remarks if remark.page == page]

    def replies(self, remark: Remark | None, page: int) -> list[Remark]:
        return [r for r in self.on(page) if r.parent is remark]

    def shown(self, remark: Remark) -> bool:
        """Whether it has a row: a removed one has, while something below it has."""
        return remark.published or any(map(self.shown, self.replies(remark, remark.page)))

    def listed(
        self, page: int, sort: str = "oldest", parent: Remark | None = None
    ) -> Iterator[Remark]:
        """The page's rows: what answers nothing by `sort`, each followed by its replies."""
        found = self.replies(parent, page)
        for remark in reversed(found) if sort == "newest" else found:
            if self.shown(remark):
                yield remark
                yield from self.listed(page, parent=remark)

    def published(self, page: int) -> list[Remark]:
        return [remark for remark in self.on(page) if remark.published]

    def tabs(self) -> Counter[str]:
        """How many stand where, to moderators."""
        return Counter(remark.tab for remark in self.remarks)
