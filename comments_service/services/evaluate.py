"""Measuring the spam filter on labelled texts: it predicts each, and then is told and learns.

No database: the memory begins with what ships, and ends with the run.
"""

from typing import Any

from comments_service import checks
from comments_service.checks.learning.features import features_of
from comments_service.checks.learning.memory import Memory
from comments_service.checks.learning.phrases import phrases_of
from comments_service.checks.learning.prior import Prior, shipped_prior
from comments_service.domain.comment import MAX_BODY, MAX_NAME, Submission, can_be_examined
from comments_service.domain.facts import Facts
from comments_service.domain.policy import Policy
from comments_service.domain.verdict import Signal
from comments_service.services.memories import SPAM
from comments_service.text.reading import Reading


class Evaluation:
    """One run over texts in order.

    Raises:
        ValueError, OSError: the shipped prior cannot be read.
    """

    def __init__(self, prior: Prior | None = None) -> None:
        self._memory = Memory(prior or shipped_prior())
        self._wanted = {SPAM: checks.discover()[SPAM]}

    def predict(self, text: str, author_name: str) -> tuple[dict[str, Any], Reading | None]:
        """What the check says with all that it was told so far, and the text as it was read.

        No reading where the text is none that a comment may be: too long, nothing to see, or half a
        character in it. It could not be checked, so it is held, and teaches nothing.
        """
        reading = None
        if len(text) <= MAX_BODY and can_be_examined(text, author_name):
            reading = Reading(Submission(author_name[:MAX_NAME], text))
            facts = Facts(taught=self._memory.recall(features_of(reading)))
            asked = reading.submission
            found = checks.run(asked, facts, Policy(), checks=self._wanted, reading=reading)
        else:
            found = checks.could_not_look(self._wanted, Policy())
        (verdict,) = found.verdicts
        is_found = verdict.signal in (Signal.SUSPECT, Signal.BAD)
        said = {
            # What could not be checked waits for a person as well.
            "flag": verdict.signal is not Signal.CLEAR,
            "score": round(verdict.score, 4),
            "scores": {SPAM: round(verdict.score, 4)},
            "categories": [SPAM] if is_found else [],
            "signal": verdict.signal.name.lower(),
            "reason": verdict.reason,
            "message": verdict.message,
            "spans": [list(span) for span in verdict.spans],
            "learnt": self._memory.learner.count,
        }
        return said, reading

    def learn(self, reading: Reading | None, *, is_spam: bool) -> None:
        """Be told what the text is, if there is one."""
        if reading is not None:
            self._memory.learn(features_of(reading), is_spam=is_spam, phrases=phrases_of(reading))
