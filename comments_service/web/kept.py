"""Where whole answers are kept: bounded in bytes, and forgotten as soon as what they show changes.

It holds answers by key and does not know what a key or an answer says.
"""

import threading
from collections import OrderedDict
from typing import Final

from comments_service.web.whole import Whole

MOST_OF_ALL: Final = 8
"""No answer is kept that would take more than one part in so many of all that may be kept."""
LONGEST_TURN: Final = 256
"""Answers that are let by at most, while everybody waits for the lock."""


class Making:
    """One answer being made. What changes meanwhile is noted here, by `Kept.forget`."""

    __slots__ = ("changed", "done", "void")

    def __init__(self) -> None:
        self.done = threading.Event()
        self.changed: set[int] = set()
        self.void = False


class Kept:
    """Answers by key, in a ring. All changes of it are made under one lock; look-ups need none.

    When room is needed, the turn goes round: an answer that was asked for is let by, and half of
    its askings are forgotten; one that was not goes. So whoever asks for ever other pages pushes
    out his own, and not those that many ask for.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        """Bytes; 0 keeps nothing."""
        self.size = 0
        self.answers: OrderedDict[str, Whole] = OrderedDict()
        self._dependents: dict[int, set[str]] = {}
        self._making: dict[str, Making] = {}
        self._lock = threading.Lock()

    def begin(self, key: str) -> tuple[Making, bool]:
        """The making of this answer, and whether it is the caller who makes it."""
        with self._lock:
            found = self._making.get(key)
            if found is not None:
                return found, False
            made = self._making[key] = Making()
            return made, True

    def end(self, key: str, making: Making, answer: Whole | None) -> None:
        """Keep what was made, unless it is old already, and let those go on who wait for it."""
        with self._lock:
            del self._making[key]
            if answer is not None and not making.void:
                self._keep(key, answer, making.changed)
        making.done.set()

    def _keep(self, key: str, answer: Whole, changed: set[int]) -> None:
        size = answer.size + 2 * len(key)
        if size > self.capacity // MOST_OF_ALL or not changed.isdisjoint(answer.depends):
            return
        self._drop(key)
        while self.size + size > self.capacity:
            self._drop(self._least_asked_for())
        answer.size = size
        self.size += size
        self.answers[key] = answer
        for about in answer.depends:
            self._dependents.setdefault(about, set()).add(key)

    def _least_asked_for(self) -> str:
        """Whose turn it is to go; after `LONGEST_TURN`, whoever is next."""
        key = ""
        for _ in range(LONGEST_TURN):
            key, answer = next(iter(self.answers.items()))
            if not answer.asked:
                break
            answer.asked >>= 1
            self.answers.move_to_end(key)
        return key

    def _drop(self, key: str) -> None:
        answer = self.answers.pop(key, None)
        if answer is None:
            return
        self.size -= answer.size
        for about in answer.depends:
            keys = self._dependents[about]
            keys.discard(key)
            if not keys:
                del self._dependents[about]

    def forget(self, abouts: frozenset[int] | None) -> None:
        """Drop what depends on any of these; None drops all. What is being made is told, too."""
        with self._lock:
            if abouts is None:
                self.answers.clear()
                self._dependents.clear()
                self.size = 0
            for about in abouts or ():
                for key in tuple(self._dependents.get(about, ())):
                    self._drop(key)
            for making in self._making.values():
                making.void |= abouts is None
                making.changed.update(abouts or ())
