"""Characters that are read as Latin letters without being them. Tables only, no logic.

The keys are lower case, because folding lower-cases first. Compatibility forms (full width,
mathematical, circled), accents and small capitals are not here: Unicode's own data says what they
stand for, and `fold.py` asks it.
"""

from typing import Final


def _table(*pairs: str) -> dict[str, str]:
    return {odd: latin for pair in pairs for latin, odd in [pair.split("=")] for odd in odd}


TWINS: Final = {
    odd: latin
    for latin, odds in {
        # Cyrillic
        "a": "\u0430\u04d5",
        "c": "\u0441\u03f2",
        "d": "\u0501",
        "e": "\u0435\u04bd",
        "h": "\u04bb",
        "i": "\u0456",
        "j": "\u0458\u03f3",
        "l": "\u04cf",
        "o": "\u043e\u03bf\u0585",
        "p": "\u0440\u03c1",
        "q": "\u051b",
        "s": "\u0455",
        "u": "\u057d",
        "v": "\u0475\u03bd",
        "w": "\u051d\u0461",
        "x": "\u0445",
        "y": "\u0443\u04af",
    }.items()
    for odd in odds
}
"""Twins: a reader cannot tell them from the Latin letter. A word of nothing else is suspicious."""

NEVER_WORDS: Final = frozenset("\u0501\u051b\u051d\u0461")
"""Twins that no living language's comments are likely to use: a word with one is a disguise."""

COUSINS: Final = {
    odd: latin
    for latin, odds in {
        "a": "\u03b1",
        "b": "\u0432\u044c\u0431\u044a\u03b2\u044b",
        "e": "\u03b5\u044d\u0454\u0437",
        "f": "\u0493\u03dd",
        "g": "\u050d\u0581",
        "h": "\u043d\u04a3\u04ba\u0570",
        "i": "\u03b9\u0457",
        "k": "\u043a\u049b\u03ba\u049f",
        "l": "\u03bb",
        "m": "\u043c\u04ce",
        "n": "\u043f\u03b7\u0578",
        "o": "\u03c3\u0444\u0473\u04e9\u03b8",
        "r": "\u0433\u044f",
        "s": "\u03c2",
        "t": "\u0442\u03c4\u04ad",
        "u": "\u0438\u03c5\u03bc\u0446",
        "w": "\u0448\u0449\u03c9",
        "x": "\u03c7\u0436\u04b3",
        "y": "\u03b3\u04b1\u0447",
    }.items()
    for odd in odds
}
"""Cousins: close enough to stand for the letter inside a word that is Latin otherwise."""

SCRIPTS_ALIKE: Final = _table(
    # Lisu letters are turned or plain Latin capitals.
    "b=\ua4d0", "p=\ua4d1", "d=\ua4d3", "t=\ua4d4", "g=\ua4d6", "k=\ua4d7", "j=\ua4d9",
    "c=\ua4da", "z=\ua4dc", "f=\ua4dd", "m=\ua4df", "n=\ua4e0", "l=\ua4e1", "s=\ua4e2",
    "r=\ua4e3", "v=\ua4e6", "h=\ua4e7", "w=\ua4ea", "x=\ua4eb", "y=\ua4ec", "a=\ua4ee",
    "e=\ua4f0", "i=\ua4f2", "o=\ua4f3", "u=\ua4f4",
    # Cherokee; case folding makes these capitals.
    "a=\u13aa", "b=\u13fc\u13cf", "c=\u13df", "d=\u13a0", "e=\u13ac", "g=\u13c0\u13f3",
    "h=\u13bb\u13c2", "i=\u13a5", "j=\u13ab", "k=\u13e6", "l=\u13de", "m=\u13b7", "p=\u13e2",
    "r=\u13a1\u13d2", "s=\u13da\u13d5", "t=\u13a2", "v=\u13d9", "w=\u13b3\u13d4", "y=\u13bd",
    "z=\u13c3", "a=\u13d7", "b=\u13f0", "d=\u13b4", "e=\u13cb", "f=\u13a6", "g=\u13b6",
    "k=\u13e6", "l=\u13dd", "n=\u13c1", "o=\u13be\u13a7", "p=\u13ae", "q=\u13a4", "s=\u13d5",
    "t=\u13d6", "u=\u13ec", "v=\u13c9", "w=\u13c7", "y=\u13a9",
    # Canadian syllabics.
    "a=\u15e9\u1431", "b=\u15f7", "c=\u1455", "d=\u15ea", "e=\u156e", "f=\u15b4", "g=\u161c",
    "h=\u157c", "j=\u148d", "l=\u14aa", "m=\u15f0", "n=\u144e", "p=\u146d", "q=\u146b",
    "r=\u1587", "s=\u1515", "u=\u144c", "v=\u142f", "w=\u15ef", "z=\u1614",
    # Georgian.
    "b=\u10ea", "y=\u10e7",
)  # fmt: skip
"""Letters of other scripts that are used as Latin ones, by generators of lettering, say. They are
read so in a word that is Latin otherwise, and, as twins, in one of nothing else."""

SPECIAL_LATIN: Final = {
    "\u0131": "i", "\u0237": "j", "\u00e6": "ae", "\u0153": "oe", "\u00f0": "d", "\u00fe": "th",
    "\u0251": "a", "\u0261": "g", "\u025b": "e", "\u0269": "i", "\u0283": "s", "\u028b": "v",
    "\u0138": "k", "\u014b": "n", "\u0272": "n", "\u0273": "n", "\u0271": "m", "\u0282": "s",
    "\u0290": "z", "\u0256": "d", "\u0257": "d", "\u0260": "g", "\u0266": "h", "\u0268": "i",
    "\u0275": "o", "\u026b": "l", "\u026c": "t", "\u019a": "t", "\u0285": "l", "\u0288": "t",
    "\u0289": "u",
}  # fmt: skip
"""Latin letters whose Unicode name does not give their plain letter away."""

FLIPPED: Final = {
    "\u0250": "a", "q": "b", "\u0254": "c", "p": "d", "\u01dd": "e", "\u0259": "e", "\u025f": "f",
    "\u0183": "g", "\u0253": "g", "\u0265": "h", "\u1d09": "i", "\u0131": "i", "\u027e": "j",
    "\u0638": "j", "\u029e": "k", "\u05df": "l", "\ua781": "l", "l": "l", "\u026f": "m", "u": "n",
    "o": "o", "d": "p", "b": "q", "\u0279": "r", "s": "s", "\u0287": "t", "n": "u", "\u028c": "v",
    "\u028d": "w", "x": "x", "\u028e": "y", "z": "z", "i": "i",
}  # fmt: skip
"""What a letter reads as when the text is turned upside down."""

FLIPPED_ONLY: Final = frozenset(FLIPPED) - frozenset("qpludobnszxi\u0131\u0259\u0253\u0638\u05df")
"""Letters that hardly anybody writes unless a whole word is upside down."""

SQUARED: Final = {
    **{chr(0x1F130 + i): chr(0x61 + i) for i in range(26)},
    **{chr(0x1F150 + i): chr(0x61 + i) for i in range(26)},
    **{chr(0x1F170 + i): chr(0x61 + i) for i in range(26)},
    **{chr(0x1F1E6 + i): chr(0x61 + i) for i in range(26)},
    **{chr(0x249C + i): chr(0x61 + i) for i in range(26)},
}
"""Squared, negative circled, regional and parenthesised letters: Unicode gives no plain form."""
