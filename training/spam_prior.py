"""Train the spam filter's prior: what it knows before a site's first decision.

    python -m training.spam_prior [--data FOLDER] [--out FILE] [--without SET ...]

The same texts give the same file, byte for byte, on any machine: whole numbers throughout, one
order, one seed. Only sets whose licence allows it are read; docs/models/spam.md names them.
"""

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from comments_service.checks.learning.features import Features, features_of
from comments_service.checks.learning.learner import ONE, Weights
from comments_service.checks.learning.prior import FILE, encode_prior
from comments_service.domain.comment import MAX_BODY, MAX_NAME, Submission
from comments_service.text.reading import Reading

DATA: Final = Path(__file__).parents[2] / "shared" / "data" / "moderation"
SEED: Final = b"spam prior 1"
PASSES: Final = 2
REGULARISER: Final = 1.0
THRESHOLD: Final = -0.2
"""The margin from which it is called spam: 0.3 % of clean comments not learnt reach it."""
CLIPPED: Final = 0.9995
"""Share of the weights that 8 bits must hold; the few larger ones are cut."""
STAND_IN_BUCKETS: Final = range(60, 1_200)
"""From a short remark to a long comment."""


def _labelled(row: dict[str, Any]) -> bool | None:
    return bool(row["label"])


def _harmless(_row: dict[str, Any]) -> bool | None:
    """Toxic or not, it is no spam."""
    return False


def _neither(row: dict[str, Any]) -> bool | None:
    """Of tweets found by hateful words only those that are neither hateful nor offensive."""
    return False if row["label"] == 0 else None


SETS: Final[dict[str, Callable[[dict[str, Any]], bool | None]]] = {
    "youtube-spam": _labelled,
    "sms-spam": _labelled,
    "blog-spun-spam": _labelled,
    "wiki-talk": _harmless,
    "civil-toxic-spans": _harmless,
    "surge-toxicity": _harmless,
    "davidson-tweets": _neither,
}
"""What is learnt of each set: spam, no spam, or nothing (None)."""
STAND_INS: Final = {
    "youtube-spam": 32,
    "sms-spam": 32,
    "civil-toxic-spans": 112,
    "surge-toxicity": 16,
}
"""How many harmless texts of which set are stand-ins. Their licences are CC BY, CC0 and MIT; of
Wikipedia only weights ship."""


@dataclass(frozen=True, eq=False)
class Example:
    """One labelled text."""

    place: bytes
    """Where it stands in the one order, which mixes the sets."""
    name: str
    features: Features
    is_spam: bool


def rows_of(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows of a set, in the order of its file."""
    (path,) = data.glob(f"{name}.jsonl*")
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    yield from (json.loads(line) for line in text.split("\n") if line)


def read_features(row: dict[str, Any]) -> Features:
    """The features of a row's text, under its author's name where the set has one."""
    name = (row.get("author") or "")[:MAX_NAME]
    return features_of(Reading(Submission(name, row["text"][:MAX_BODY])))


def read_examples(data: Path, names: Iterable[str]) -> list[Example]:
    """Every text that something is learnt of, in a fixed order that mixes the sets."""
    found = [
        Example(_place(row["id"]), name, read_features(row), is_spam)
        for name in names
        for row in rows_of(data, name)
        if (is_spam := SETS[name](row)) is not None
    ]
    return sorted(found, key=lambda example: example.place)


def _place(row_id: str) -> bytes:
    return hashlib.blake2b(row_id.encode(), key=SEED, digest_size=16).digest()


def train(examples: Sequence[Example]) -> Weights:
    """The learner itself, over all of them in order, `PASSES` times."""
    weights = Weights(REGULARISER)
    for _ in range(PASSES):
        for example in examples:
            weights.learn(example.features, is_spam=example.is_spam)
    return weights


def choose_stand_ins(examples: Sequence[Example]) -> list[Features]:
    """Harmless texts, so many of each set."""
    chosen: list[Example] = []
    for name, most in STAND_INS.items():
        fitting = [
            example
            for example in examples
            if example.name == name
            and not example.is_spam
            and len(example.features.buckets) in STAND_IN_BUCKETS
        ]
        chosen += fitting[:most]
    return [example.features for example in sorted(chosen, key=lambda example: example.place)]


def quantised(weights: Weights, stand_ins: Sequence[Features]) -> bytes:
    """The prior's file: weights in 8 bits, the threshold taken into the bias."""
    sizes = np.sort(np.abs(weights.weights))
    largest = max(1, int(sizes[int(CLIPPED * (len(sizes) - 1))]))
    steps = np.clip(np.rint(weights.weights * 127.0 / largest), -127, 127).astype(np.int8)
    bias = weights.bias / ONE - THRESHOLD
    return encode_prior(steps, largest / 127 / ONE, bias, stand_ins)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the sets")
    parser.add_argument("--out", type=Path, default=FILE, help="the file to write")
    parser.add_argument("--without", action="append", default=[], help="leave a set out")
    options = parser.parse_args(arguments)
    if not options.data.exists():
        print(f"There is no {options.data}: nothing to train from.", file=sys.stderr)
        return 2
    examples = read_examples(options.data, [n for n in SETS if n not in options.without])
    data = quantised(train(examples), choose_stand_ins(examples))
    options.out.write_bytes(data)
    print(f"{options.out}: {len(data):,} bytes from {len(examples):,} texts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
