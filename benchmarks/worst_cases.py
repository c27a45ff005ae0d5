"""What the worst text costs: each check and folding, on hostile texts of growing length.

    python -m benchmarks.worst_cases [--random N] [--seed S]

Texts are a unit repeated, and two units in turn: what makes naive folding, matching or link finding
slow, what is known to be slow elsewhere, units put together at random, and pieces none of which is
like another. Each is measured at
2,500, 5,000 and 10,000 characters, in CPU time of this process, the best of three. The table names
the texts that cost most, and how cost grew from half the length: 2 is linear, 4 quadratic.
"""

import argparse
import base64
import gc
import gzip
import itertools
import json
import random
import string
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.real_comments import DATA
from comments_service import checks
from comments_service.checks.lexicon import load
from comments_service.domain.comment import MAX_BODY, Submission
from comments_service.domain.facts import NO_HISTORY, Facts
from comments_service.domain.policy import Policy
from comments_service.domain.words import SiteWord, WordList
from comments_service.text.fold import fold
from comments_service.text.markup import render

LENGTHS: Final = (2_500, 5_000, MAX_BODY)
BOUND_MS: Final = 20.0
"""What all checks together may take for the longest text, whatever it is."""
LISTS: Final = "lists"
SHOWN: Final = 12
_TURNS: Final = 3
_SHORT_WORD: Final = 6
_SHORT_ENOUGH: Final = 40
"""Characters of a hostile text of the shared sets that are repeated as a unit."""

UNITS: Final = (
    # Plain, repeated and stretched letters.
    *("a", "ab", "a ", "ab ", "aa ", "fuck ", "fuuck ", "fuckshit", "idiot ", "you idiot ",),
    *("Fuck",),
    *("assassin ", "shitake ", "A", "Ab", "aB ", "TotalIdiot", "xX", "the ", "you are a ",),
    *("kill ",),
    # Letters apart, masked, in digits and symbols.
    *("f u c k ", "f.u.c.k ", "f-u-c-k-", "f_", "a b ", "a.b.", "f*ck ", "f**k ", "s**t",),
    *("*", "**",),
    *("5h1t ", "@55 ", "$", "!@#$ ", "sh!t", "a$$", "1 2 3 4 ", "a1", "f***", "a*", "*a*",),
    *("_*", "~~",),
    # Markup, entities, links.
    *("<", "<a ", "<b>f</b>", "<!--", "-->", "</", "&", "&amp;", "&#", "&#102;", "&#x66;",),
    *("`", "``",),
    *("[f](x)", "[", "](", "![", "**f**", "__f__", "~~f~~", "<br>", "<p>a", "&lt;",),
    *("<i></i>f", "<a href=",),
    *("http://", "http://a.com ", "a.com ", "www.", "www.a.", "a.", ".com", "://", "a@b.c ",),
    *("a-",),
    # Scripts, look-alikes, turned and invisible letters.
    *("\u0441", "\u0441\u0443\u043a\u0430 ", "f\u0441k ", "\u03bc\u03b1", "\u0435 ",),
    *("\uff46", "\U0001d4fb",),
    *("\u202e", "\u202eab", "\u202eab\u202c", "\u200b", "f\u200b", "\u0301", "a\u0301",),
    *("\u00ad",),
    *("\u0250", "\u0250 ", "\u1d00", "\u24d0", "\U0001f1eb", "\U0001f595 ",),
    *("\U0001f468\u200d\U0001f469",),
    *("\ufe0f", "\U000e0061", "\ufb03", "\ufdfa", "\ud83d", "\u4e2d", "\u4e2d ", "\u0e01",),
    *("\uac00", "\n",),
    *("\t", " ", "\r\n", "\x00", "\x1b", ".", "!", "?", "'", '"', "(", "- ", "\u2028",),
    *("\u00e9 ", "\u2800",),
    # Words that a language decides about.
    *("con ", "el con la ", "slut ", "det slut ", "dick ", "das dick ",),
    *("\u043d\u0430 \u0445\u0443\u0439 ",),
)  # fmt: skip


def busy_list() -> WordList:
    """A full list: words, phrases, parts that begin, end and stand inside."""
    kinds = ("word{}", "word{} word{}", "beg{}*", "*end{}", "*mid{}*")
    terms = (kinds[n % 5].format(n, n) for n in range(1_990))
    more = ("a b c d e f g h i a", "fuck*", "*uck", "*fuc*", "*aaa*", "aab*", "*baa", "the the the")
    return WordList(tuple(SiteWord(term, 0.3) for term in (*terms, *more)))


def hostile_lists() -> dict[str, tuple[list[str], list[str]]]:
    """Full lists that were made to cost time, and the texts that would cost most with each."""
    letters = "abcdefghijklmnopq"
    threes = ["".join(three) for three in itertools.product(letters, repeat=3)]
    twelve = "abcdefghijkl"
    many = range(5_000)
    doubled = [
        "".join(char * (1 + (n >> at & 1)) for at, char in enumerate(twelve)) for n in range(4_096)
    ]
    signs = [chr(0x2600 + n) for n in range(17)]
    chance = random.Random(1)
    masked = ["ab" + "".join(chance.choices("cdq*", k=5)) + "z " for _ in many]
    held = ["".join(char * chance.choice((1, 1, 2, 3)) for char in twelve) + " " for _ in many]
    runs = [f"*{'a' * n}{end}*" for n in range(2, 97) for end in ("", *letters)]
    fives = ["".join(five) for five in itertools.product("cdefgh", repeat=5)]
    pairs = ["ab" + "".join(pair) for pair in itertools.product(letters, repeat=2)]
    return {
        "one beginning": ([f"*commonprefix{n:05}*" for n in many], ["commonprefix00001 "]),
        "one long beginning": ([f"*{'a' * 60}{n:05}*" for n in many], ["a", "a" * 60 + "0"]),
        "two letters in turn": ([f"*{'ab' * 40}c{n:05}*" for n in many], ["ab", "abab "]),
        "three letters": (
            [f"*{three}*" for three in threes],
            ["".join(chance.choices(threes, k=MAX_BODY // 3))],
        ),
        "ends of three letters": ([f"*{three}" for three in threes], [letters * 2 + "x "]),
        "every length": (runs[:5_000], ["a", "aaaaaaab", "a" * 60 + " "]),
        "without spaces": (
            [chr(0x4E00 + a) + chr(0x4E00 + b) for a in range(70) for b in range(70)],
            ["".join(chr(0x4E00 + chance.randrange(70)) for _ in range(MAX_BODY))],
        ),
        "pictures": (
            ["".join(three) for three in itertools.product(signs, repeat=3)],
            ["".join(chance.choices(signs, k=MAX_BODY)), signs[0]],
        ),
        "marks": ([f"@user{n}.x" for n in many], ["@user1.x ", "@user"]),
        "one mask": ([f"ab{five}z" for five in fives[:5_000]], ["".join(masked)]),
        "doubled letters": (doubled, ["".join(held)]),
        "phrases": ([f"{'a ' * 9}w{n}" for n in many], ["a ", "a w1 "]),
        "phrases of masked words": (
            [" ".join(chance.choices(pairs, k=10)) for _ in many],
            ["ab** ", "ab*c ab*d "],
        ),
    }


def hostile(folder: Path) -> Iterator[str]:
    """The texts of the shared hostile sets."""
    for name in ("text", "slow"):
        path = folder / f"{name}.jsonl"
        for line in path.read_text("utf-8").splitlines() if path.exists() else ():
            yield _payload(json.loads(line))


def _payload(row: dict[str, str]) -> str:
    if "payload" in row:
        return row["payload"]
    packed = base64.b64decode(row["payload_gz_b64"])
    return gzip.decompress(packed).decode("utf-8", "surrogatepass")


def varied(chance: random.Random) -> dict[str, str]:
    """Texts whose pieces are all different, under names: nothing is known from a piece before."""
    letters = string.ascii_lowercase
    any_char = [chr(code) for code in range(0xA0, 0x3000)]
    words = [word for word in load().entries if word.isalpha() and len(word) < _SHORT_WORD]

    def held(most: int) -> str:
        return "".join(char * chance.randint(1, most) for char in chance.choice(words))

    endings = "io ru su cn de fr uk ws".split()
    pieces: dict[str, Callable[[], str]] = {
        "any characters": lambda: "".join(chance.choices(any_char, k=chance.randint(1, 9))),
        "names with any character": lambda: (
            chance.choice(any_char) + chance.choice(letters) + "." + chance.choice(endings)
        ),
        "names of two letters": lambda: (
            "".join(chance.choices(letters, k=2)) + "." + chance.choice(endings)
        ),
        "short words, doubled": lambda: held(2),
        "short words, held": lambda: held(3),
        "short words, held, and a sign": lambda: held(3) + chance.choice(any_char),
        "letters around a sign": lambda: (
            chance.choice(any_char) + chance.choice(letters) + chance.choice("*@$1") + "a"
        ),
    }
    return {
        name: "".join(piece() + " " for _ in range(MAX_BODY // 2))[:MAX_BODY]
        for name, piece in pieces.items()
    }


def texts(seed: int, number: int, folder: Path) -> dict[str, str]:
    """Each text at full length, under a name that tells how it is made."""
    chance = random.Random(seed)
    units = [*UNITS, *(t for t in hostile(folder) if 0 < len(t) <= _SHORT_ENOUGH)]
    made = {repr(unit): _filled(unit) for unit in units}
    for _ in range(number):
        some = chance.sample(units, chance.randint(2, 4))
        made[" + ".join(map(repr, some))] = _filled("".join(some))
    made |= varied(chance)
    made |= {f"{text[:30]!r}...": text for text in hostile(folder) if len(text) > _SHORT_ENOUGH}
    for left, right in (("<", ">"), ("[", "]"), ("*", "*"), ("(", ")"), ("f", "k")):
        half = MAX_BODY // 2
        made[f"{left!r} * n + {right!r} * n"] = left * half + right * half
    return {name: text[:MAX_BODY] for name, text in made.items()}


def _filled(unit: str) -> str:
    return (unit * (MAX_BODY // len(unit) + 1))[:MAX_BODY]


def cost_ms(work: Callable[[str], object], text: str) -> float:
    """CPU milliseconds, the best of a few turns: what else the machine does can only add."""
    best = float("inf")
    for _ in range(_TURNS):
        began = time.process_time_ns()
        work(text)
        best = min(best, (time.process_time_ns() - began) / 1e6)
    return best


def examining(facts: Facts, *names: str) -> Callable[[str], object]:
    """A run of the named checks, of all where none is named."""
    known = checks.discover()
    wanted = {name: known[name] for name in names} if names else known
    return lambda text: checks.run(Submission("Reader", text), facts, Policy(), checks=wanted)


def works() -> dict[str, Callable[[str], object]]:
    """What is measured."""
    listed = Facts(words=busy_list())
    return {
        "all checks": examining(NO_HISTORY),
        "all checks, 2,000 words": examining(listed),
        "folding": fold,
        **{name: examining(listed, name) for name in checks.discover()},
        "rendering (no check)": render,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--random", type=int, default=200, help="texts made of units at random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one of the things measured, or lists")
    parser.add_argument("--data", type=Path, default=DATA.parent / "security")
    options = parser.parse_args(arguments)
    made = texts(options.seed, options.random, options.data)
    lengths = ", ".join(f"{n:,}" for n in LENGTHS)
    print(f"{len(made)} texts; CPU milliseconds at {lengths} characters")
    worst_of_all = 0.0
    for name, work in works().items():
        if options.only in (None, name):
            worst = print_worst(name, work, made)
            worst_of_all = max(worst_of_all, worst if name.startswith("all checks") else 0.0)
    if options.only in (None, LISTS):
        worst_of_all = max(worst_of_all, print_lists())
    print(f"\nThe worst text takes all checks {worst_of_all:.1f} ms; it may take {BOUND_MS:.0f}.")
    return 0 if worst_of_all < BOUND_MS else 1


def print_lists() -> float:
    """What each hostile list costs at most; the worst of them."""
    print("\nall checks, a hostile list of some 5,000 words")
    worst = 0.0
    for name, (terms, units) in hostile_lists().items():
        work = examining(Facts(words=WordList(tuple(SiteWord(term, 0.3) for term in terms))))
        work("Everything is compiled once, before the first text.")
        cost = max(cost_ms(work, _filled(unit)) for unit in units)
        print(f"  {cost:8.2f}  {name}")
        worst = max(worst, cost)
    return worst


def print_worst(name: str, work: Callable[[str], object], made: dict[str, str]) -> float:
    """The texts that cost most, and the one that grew most."""
    work("Everything is read and compiled once, before the first text.")
    # As the service does, which never looks for garbage in what is loaded.
    gc.freeze()
    full = sorted(((cost_ms(work, text), key) for key, text in made.items()), reverse=True)
    print(f"\n{name}")
    for cost, key in full[:SHOWN]:
        at = [cost_ms(work, made[key][:length]) for length in LENGTHS]
        grew = at[-1] / at[-2] if at[-2] else 0.0
        print(f"  {at[0]:8.2f} {at[1]:8.2f} {min(cost, at[2]):8.2f}  x{grew:4.1f}  {key[:70]}")
    return full[0][0]


if __name__ == "__main__":
    sys.exit(main())
