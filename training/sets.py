"""The labelled sets: which may feed weights, which only measure, and in which fold a text is."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from comments_service.domain.comment import MAX_BODY

DATA: Final = Path(__file__).parents[2] / "shared" / "data" / "moderation"
FOLDS: Final = 3

TRAINED_ON: Final = {
    "civil-toxic-spans": 1.0,
    "davidson-tweets": 0.3,  # Found by a hate lexicon, so that dialect is over-represented.
    "hatecheck": 2.0,
    "identity-templates": 1.0,
    "surge-toxicity": 1.0,
    "wiki-talk": 2.0,  # Comments as they come, which are what the model sees most of.
    "wiki-toxic": 1.0,
    "wiki-toxic6": 1.0,
}
"""Sets whose licence allows shipped weights, and what one of their rows weighs."""
MEASURED_ON: Final = (
    "insults-impermium",
    "olid-tweets",
    "ruddit",
    "youtube-toxic",
    "ethos",
    "fox-news",
    "globe-news",
    "blog-comments-spam",
)
"""Sets that only measure: no licence, or one that does not allow it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text."""

    set: str
    text: str
    abusive: bool
    swears: bool
    fold: int
    """Rows that say the same, however disguised, share a fold."""
    weight: float = 1.0
    raw: Any = None
    """The row as the set has it."""


def read(name: str, folder: Path = DATA) -> Iterator[Row]:
    """The rows of a set, in the order of its file."""
    for path in sorted(folder.glob(f"{name}.jsonl*")):
        content = path.read_bytes()
        lines = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
        for line in lines.split("\n")[:-1]:
            raw = json.loads(line)
            text = raw["text"][:MAX_BODY]
            weight = TRAINED_ON.get(name, 1.0)
            yield Row(
                name, text, bool(raw["label"]), bool(raw.get("swears")), fold_of(text), weight, raw
            )


def fold_of(text: str) -> int:
    """The fold of a text: a hash of its letters alone, so that near copies stay together."""
    letters = "".join(c for c in text.lower() if c.isalpha())
    return hashlib.blake2b(letters.encode("utf-8", "replace"), digest_size=4).digest()[0] % FOLDS
