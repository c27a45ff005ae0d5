"""The labelled texts beside the project, and what "clean" and "abusive or swearing" mean in them.

The meanings are those of `../shared/tools/score.py`, so that its figures and these are the same.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "moderation"

SIX: Final = (
    "insults-impermium",
    "olid-tweets",
    "ruddit",
    "youtube-toxic",
    "surge-toxicity",
    "wiki-toxic",
)
"""Sets of comments over which F1-any and AUC are averaged."""
CLEAN_FROM: Final = (
    "wiki-talk",
    "globe-news",
    "insults-impermium",
    "fox-news",
    "blog-comments-spam",
)
"""Where the clean comments are taken from."""
OTHERS: Final = (
    "civil-toxic-spans",
    "hatecheck",
    "identity-templates",
    "obfuscation",
    "tricky-clean",
    "dictionary",
)
USED: Final = tuple(dict.fromkeys((*SIX, *CLEAN_FROM, *OTHERS)))


@dataclass(frozen=True, slots=True)
class Text:
    """One labelled text."""

    id: str
    text: str
    label: bool
    swears: bool
    hard: bool
    """A disguise that may be missed."""

    @property
    def is_clean(self) -> bool:
        """Neither abusive nor swearing."""
        return not self.label and not self.swears


Sets = Mapping[str, Sequence[Text]]


def read_sets(folder: Path) -> Sets:
    """The sets that are measured on.

    Raises:
        FileNotFoundError: one of them is not in the folder.
    """
    return {name: _texts(folder, name) for name in USED}


def thin(sets: Sets, rows: int | None) -> Sets:
    """The same sets with at most `rows` texts each, chosen by a hash of their ids."""
    return {name: _chosen(texts, rows) for name, texts in sets.items()}


def _texts(folder: Path, name: str) -> Sequence[Text]:
    found = sorted(folder.glob(f"{name}.jsonl*"))
    if not found:
        raise FileNotFoundError(folder / f"{name}.jsonl")
    return [_text(row) for path in found for row in _rows(path)]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    yield from (json.loads(line) for line in text.split("\n") if line.strip())


def _text(row: Mapping[str, Any]) -> Text:
    return Text(
        id=row["id"],
        text=row["text"],
        label=bool(row["label"]),
        swears=bool(row.get("swears")),
        hard=bool(row.get("hard")),
    )


def _chosen(texts: Sequence[Text], rows: int | None) -> Sequence[Text]:
    if rows is None or len(texts) <= rows:
        return texts
    order = sorted(texts, key=lambda t: hashlib.sha1(t.id.encode()).digest())
    return order[:rows]
