"""The filters to compare with, each as a command that reads and writes JSON Lines.

    python -m benchmarks.checks.rivals NAME      {"id", "text"} in, {"id", "flag", "score"} out

Each is used as its own documentation says. Where one has a setting against disguises, it is there
twice: as it comes, and with that setting. Nothing here is ever part of the service.
"""

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

Judge = Callable[[str], tuple[bool, float]]

NODE_FOLDER: Final = Path(__file__).parent / "npm"
FEW: Final = 250
"""Rows of each set that a filter is given which takes tens of milliseconds for a comment."""
SOME: Final = 2_000
"""The same for one that takes some milliseconds."""


@dataclass(frozen=True, slots=True)
class Rival:
    """One filter in one setting."""

    name: str
    package: str
    """Distribution on PyPI, or package on npm."""
    module: str | None = None
    """What to import; None for a package that runs under Node.js."""
    start: Callable[[], Judge] | None = None
    sample: int | None = None
    """Rows of each set it is given, chosen by a hash of their ids; None for all."""

    @property
    def is_here(self) -> bool:
        """Whether it is installed."""
        if self.module is not None:
            return find_spec(self.module) is not None
        return shutil.which("node") is not None and self._manifest.exists()

    @property
    def version(self) -> str:
        """As its registry numbers it."""
        if self.module is not None:
            return version(self.package)
        return str(json.loads(self._manifest.read_text("utf-8"))["version"])

    @property
    def command(self) -> Sequence[str]:
        """How to run it as a filter of JSON Lines."""
        if self.module is not None:
            return (sys.executable, "-m", "benchmarks.checks.rivals", self.name)
        return ("node", str(NODE_FOLDER / "judge.mjs"), self.package)

    @property
    def _manifest(self) -> Path:
        return NODE_FOLDER / "node_modules" / self.package / "package.json"


def _yes_or_no(contains: Callable[[str], Any]) -> Judge:
    def judge(text: str) -> tuple[bool, float]:
        found = bool(contains(text))
        return found, float(found)

    return judge


def _better_profanity() -> Judge:
    return _yes_or_no(import_module("better_profanity").Profanity().contains_profanity)


def _alt_profanity_check() -> Judge:
    predict_prob = import_module("profanity_check").predict_prob

    def judge(text: str) -> tuple[bool, float]:
        score = float(predict_prob([text])[0])
        return score >= 0.5, score

    return judge


def _badwords(**options: bool) -> Judge:
    badwords = import_module("badwords")
    words = badwords.ProfanityFilter()
    words.init(["en"], options=badwords.Options(**options))
    return _yes_or_no(words.is_profane)


def _profanex(**options: bool) -> Judge:
    profanex = import_module("profanex")
    return _yes_or_no(profanex.Filter(profanex.FilterConfig(**options)).contains)


RIVALS: Final[tuple[Rival, ...]] = (
    Rival(
        "better-profanity", "better-profanity", "better_profanity", _better_profanity, sample=FEW
    ),
    Rival(
        "alt-profanity-check",
        "alt-profanity-check",
        "profanity_check",
        _alt_profanity_check,
        sample=SOME,
    ),
    Rival("badwords-py", "badwords-py", "badwords", _badwords),
    Rival(
        "badwords-py, strict",
        "badwords-py",
        "badwords",
        lambda: _badwords(split_on_punctuation=True, collapse_repeats=True, leetspeak=True),
    ),
    Rival("profanex", "profanex", "profanex", _profanex),
    Rival(
        "profanex, strict",
        "profanex",
        "profanex",
        lambda: _profanex(normalize_repeated_chars=True, normalize_separated_runs=True),
    ),
    Rival("obscenity", "obscenity"),
    Rival("allprofanity", "allprofanity"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    (name,) = sys.argv[1:] if arguments is None else arguments
    start = next(rival.start for rival in RIVALS if rival.name == name)
    assert start is not None
    judge = start()
    for line in sys.stdin:
        row = json.loads(line)
        flag, score = judge(row["text"])
        sys.stdout.write(json.dumps({"id": row["id"], "flag": flag, "score": score}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
