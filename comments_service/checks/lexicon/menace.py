"""Menace: threats and wishes of harm that no listed phrase holds, told by the words in their order.

"I will ... your throat" has a hundred forms. Each pattern below needs a word of harm, so that most
texts are done after one look-up. A pattern is a guess: what it finds waits for a person.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Final

from comments_service.text.reading import Passage, Word

REACH: Final = 12
"""Words on either side of a word of harm that are read with it."""
MOST: Final = 20
"""Words of harm of a text that are looked at: each costs some patterns."""

_BREAK: Final = re.compile(r"[.!?;\n]")

_PART: Final = (
    "(?:throat|tongue|head|skull|neck|teeth|face|legs?|bones?|fingers|jaw|eyes|balls|guts|knees|"
    "brains?|heart)"
)
_HARM: Final = (
    "(?:kill|murder|shoot|stab|rape|lynch|behead|strangle|drown|slaughter|butcher|execute|"
    "assassinate|castrate|poison|bury|gut|skin)"
)
_HARMED: Final = (
    "(?:killed|murdered|shot|stabbed|raped|hanged|lynched|beheaded|strangled|slaughtered|executed|"
    "gassed|exterminated|castrated|crucified|strung up|burned alive|burnt alive|"
    "(?:put|lined up|stood) (?:up )?against (?:the|a) wall)"
)
_BREAK_UP: Final = "(?:cut|slit|smash|break|bash|kick|knock|rip|tear|slice|crush|snap|blow|put)"
_SOME: Final = r"(?: \w+){0,4}?"
_YOU: Final = "(?:you|u|ya|yall)"
_YOUR: Final = r"(?:your|ur|yr|his|her|their|that \w+(?: s)?)"
_I: Final = (
    "(?:i|we) (?:ll|will|shall|swear|want to|wanna|gonna|could|should|"
    "(?:am|m|are|re) (?:going to|gonna|coming)|(?:d|would) (?:love|like|be happy) to)"
)
_WE_ALL: Final = "(?:some ?one|somebody|anyone|anybody|people|we|they|you lot)"
_YOURSELF: Final = "(?:yourself|urself|yrself|yourselves|ur self|your self)"
_SHALL: Final = rf"(?:{_I}|gonna|going to|come(?: round| over)? and|keep \w+ and i)"
_WHO: Final = rf"(?:{_YOU}|ur|your|he|she|they|his|her|their|someone|somebody)"
_WHOM: Final = "(?:him|her|them|this|that|these|those|the|you|all)"
_ENDS: Final = (
    rf"(?:die|dies|rapes?|{_HARMED}|cancer|suffer|drowns?|choke|rot|burns? in hell|"
    "hit by an? (?:bus|truck|lorry|car|train))"
)
_OUGHT: Final = "(?:should|must|needs? to|deserves? to|ought to|has to|have to|got to)"
_PLEASE: Final = "(?:should|please|needs? to|ought to|must|has to|could|just|go|do)"
_NOT_FILMED: Final = "(?! (?:in (?:black|colou?r|land|one)|on (?:film|location|a)|with|from|by)\\b)"
_ARE: Final = "(?:you|u|ur|youre)(?: (?:are|re|r|will|ll))?(?: be| get| getting| gonna| going to)*"
_HOME: Final = "(?:house|home|place|door|office|work)"
_LIVE: Final = "(?:lives?|works?|park|sleeps?)"
_THEIRS: Final = "(?:your|their|his|her|this|that)"
_NOW: Final = "(?:lets|let s|just|should|must|to|time to|start|we will)"
_ALL: Final = "(?:them|the|all|every|these|those)"
_TRAFFIC: Final = "(?:bridge|cliff|building|roof|train|bus|lorry)"
_DENIED: Final = r"(?P<denied>(?:no|nobody|neither|nor|not|never)\b(?: \w+){0,3} )?"
_PATTERNS: Final = (
    # Said to be done by the writer.
    rf"{_I}{_SOME} {_HARM}(?: \w+)? (?:{_YOU}|(?:your|ur) \w+)",
    rf"{_I}{_SOME} beat the \w+(?: \w+)? out of {_YOU}",
    rf"{_SHALL}{_SOME} {_BREAK_UP}(?: \w+)? {_YOUR}(?: \w+)? {_PART}(?: (?:out|in|off))?",
    rf"(?:slit|cut) {_YOUR} throats?",
    rf"{_I}{_SOME} (?:break|smash|crush) every bone",
    rf"{_I}{_SOME} (?:burned|burnt|skinned|buried|boiled) alive",
    rf"(?:gonna|going to|will|ll) come to your {_HOME}",
    rf"{_I}{_SOME} (?:burn|bomb|torch|firebomb|blow up)(?: down)? {_THEIRS} \w+",
    rf"{_I}{_SOME} (?:burn|bomb|torch) the \w+ (?:down|to the ground)",
    rf"(?:i|we) (?:\w+ )?(?:know|found|have|got) where (?:{_YOU}|your \w+) {_LIVE}",
    r"(?:i|we) (?:\w+ )?(?:know|found|have|got) (?:your (?:home )?address|wh\w+ school your)",
    # Said to happen to the reader.
    rf"{_ARE} (?:stabbed|shot|murdered|lynched|raped|dead (?:when|meat|man|mate|m8))",
    r"you (?:will|ll) (?:all )?pay(?: \w+ \w+)? (?:with|in)(?: your)? (?:blood|life|lives)",
    r"(?:see you at your funeral|never walk again)",
    # Wished, or called for.
    rf"(?:hope|wish|pray|pity){_SOME} {_WHO}{_SOME} {_ENDS}",
    rf"{_DENIED}{_OUGHT} (?:all )?be{_SOME} {_HARMED}{_NOT_FILMED}",
    rf"{_WE_ALL} {_PLEASE}{_SOME} (?:{_HARM}|put a bullet) {_WHOM}",
    rf"(?:somebody|someone) (?:please )?{_HARM} {_WHOM}",
    rf"(?:{_I}|{_WE_ALL} {_PLEASE}){_SOME} hang (?:him|her|them|you|u)",
    rf"bullets? (?:in|into|through) (?:{_YOUR}|the|every|each|these)(?: \w+)?(?: s)? {_PART}",
    r"deserves? (?:a|the) (?:bullet|rope|noose|firing squad)",
    rf"(?:noose|rope) (?:round|around) {_YOUR} neck",
    r"hanging from (?:a|the|every|that) (?:lamp ?posts?|tree|rope|beam|crane)",
    r"(?:rope|noose) and (?:a )?tree",
    r"throw(?:ing)? acid (?:in|on|at)",
    r"(?:swinging|swing|hang) from (?:the|a) trees?",
    rf"{_NOW} (?:gas|exterminate|lynch|behead) {_ALL}",
    rf"^(?:just )?(?:gas|exterminate|lynch|kill all) {_ALL}(?: \w+)?",
    r"^(?:just )?kill all (?:\w+)",
    r"bring back the (?:ovens|gas chambers?|gallows|noose|guillotine|rope|lynch \w+)",
    r"(?:start|light|fire up|into|in) the ovens",
    r"only good (\w+) is a dead \1",
    r"hitler (?:should(?: have| ve)?|shoulda|never|didn t) (?:finish\w*|kill\w*|gas\w*|had)",
    # Readers told to do it themselves.
    rf"(?:go |just |please |and )?(?:hang|rope|neck|shoot|drown|unalive|off) {_YOURSELF}",
    r"(?:go |just |please )?drink(?: some)? bleach",
    r"(?:world|us|us all|everyone|everybody|humanity) a favou?r and (?:die|jump|hang|end)",
    rf"(?:go |just |please )jump (?:off|in front of) (?:a|the)(?: \w+)? {_TRAFFIC}",
)
_WORDS: Final = frozenset(
    """
    kill murder shoot stab rape rapes raped hang lynch behead strangle drown drowns slaughter
    butcher execute assassinate castrate poison bury gut skin killed murdered shot stabbed hanged
    lynched beheaded strangled slaughtered executed gassed exterminated castrated crucified strung
    alive wall throat throats tongue head skull neck teeth face leg legs bone bones fingers jaw
    eyes balls guts knees brain brains heart die dies cancer suffer choke rot bus truck lorry train
    hell bullet bullets noose rope hanging live lives works park address school dead bleed house
    home door office burn bomb torch firebomb walk yourself urself yrself yourselves bleach favour
    favor bridge cliff building roof gas exterminate ovens chamber chambers gallows guillotine
    hitler acid swinging beat all funeral blood life lives tree trees place
    """.split()
)
"""Without one of these nothing above is found."""
_SAID: Final = re.compile(r"[a-z](?:[a-z]|(?<=[a-z])\?)*")


def _harm_in(pattern: str) -> frozenset[str]:
    """Words of harm that a pattern says itself, one of which is in all that it fits.

    A letter before a question mark may be there or not: `favou?r`.
    """
    said = (_spelt(token) for token in _SAID.findall(pattern))
    return _WORDS & {word for words in said for word in words}


def _spelt(token: str) -> set[str]:
    spelt = {""}
    for letter, may_lack in re.findall(r"([a-z])(\?)?", token):
        spelt = {word + letter for word in spelt} | (spelt if may_lack else set())
    return spelt


@cache
def _by_harm() -> tuple[tuple[re.Pattern[str], frozenset[str]], ...]:
    """Each pattern, and the words of harm that it needs; compiled for the first who needs them."""
    compiled = (re.compile(rf"\b{pattern}\b") for pattern in _PATTERNS)
    return tuple((pattern, _harm_in(pattern.pattern)) for pattern in compiled)


def menaces(passage: Passage) -> Iterator[tuple[int, int]]:
    """[at, until) of each menace in the folded text, in the order of places, none twice."""
    harm = _WORDS & passage.forms
    if not harm:
        return
    words, text = passage.words, passage.folded.text
    past = 0
    for number in islice((n for n, (word, _, _) in enumerate(words) if word in harm), MOST):
        if number < past:
            continue
        first, last = _around(words, text, number)
        near = [word for word, _, _ in words[first:last]]
        patterns = [pattern for pattern, needed in _by_harm() if not needed.isdisjoint(near)]
        said = " ".join(near)
        if first and not _BREAK.search(text, words[first - 1][2], words[first][1]):
            said = f"_{said}"  # What is read does not begin here.
        for begin, end in _found_in(said, patterns):
            if first + begin >= past:
                past = first + end
                yield words[first + begin][1], words[past - 1][2]
                break


def _found_in(said: str, patterns: Iterable[re.Pattern[str]]) -> Iterator[tuple[int, int]]:
    """[first, last) of the words that fit a pattern, one for each that fits."""
    for pattern in patterns:
        found = pattern.search(said)
        if found is not None and not found.groupdict().get("denied"):
            yield said.count(" ", 0, found.start()), said.count(" ", 0, found.end()) + 1


def _around(words: tuple[Word, ...], text: str, number: int) -> tuple[int, int]:
    """The words about one that its sentence has, `REACH` on either side at most."""
    first = number
    while first > max(0, number - REACH) and not _BREAK.search(
        text, words[first - 1][2], words[first][1]
    ):
        first -= 1
    last = number + 1
    while last < min(len(words), number + REACH) and not _BREAK.search(
        text, words[last - 1][2], words[last][1]
    ):
        last += 1
    return first, last
