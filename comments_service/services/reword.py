"""Asking to reword: whose words would be held or refused is told which, before anything is stored.

Whether a site asks is its policy's; what the words are is the checks'. The commenter reads neither
scores nor the moderators' sentences, and nothing of what is not a question of words.
"""

from collections.abc import Mapping
from typing import Final

from comments_service import checks
from comments_service.domain.errors import MarkedWords, Reword
from comments_service.domain.policy import Action, Policy, words_at_fault
from comments_service.domain.verdict import Category, Verdict
from comments_service.services.examine import Judged
from comments_service.text.match import MAX_MATCHES
from comments_service.text.reading import Reading

_SENTENCES: Final[Mapping[Category, str]] = {
    Category.PROFANITY: "This is strong language.",
    Category.SLUR: "This is a slur.",
    Category.SEXUAL: "This is sexual language.",
    Category.INSULT: "This reads as an insult.",
    Category.THREAT: "This reads as a threat.",
}


def wish_to_reword(policy: Policy, judged: Judged, reading: Reading) -> Reword | None:
    """What the commenter is asked; None where the site does not ask, or not about this text.

    Spam is not asked: a program would learn from it. What waits for another cause than its words
    is not asked about that cause.
    """
    action = judged.decision.action
    if not policy.asks_to_reword or action is Action.SPAM:
        return None
    texts: dict[str, str] = {passage.field: passage.original for passage in reading.passages}
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    told: set[tuple[str, tuple[int, int]]] = set()
    # The more places a verdict has, the less it says of each: "this is a threat" of the threat.
    for verdict in sorted(words_at_fault(judged.examination.verdicts), key=_places):
        new = [span for span in verdict.spans if (verdict.field, span) not in told]
        if verdict.field in texts and (new or not verdict.spans):
            found.setdefault((verdict.field, _sentence(verdict)), []).extend(new)
            told.update((verdict.field, span) for span in new)
    if not found:
        return None
    words = [
        MarkedWords(field, message, tuple(sorted(set(spans))), texts[field])
        for (field, message), spans in found.items()
    ]
    return Reword(words, may_insist=action is not Action.REJECT)


def _places(verdict: Verdict) -> int:
    """Where the whole text is meant, it is told last."""
    return len(verdict.spans) or MAX_MATCHES


def _sentence(verdict: Verdict) -> str:
    check = checks.discover().get(verdict.check)
    own = check.to_commenter if check else {}
    code = verdict.reason.partition(".")[2]
    assert verdict.category is not None
    return own.get(code) or _SENTENCES[verdict.category]
