"""Write `docs/abuse-model.md` and its plot: what the abuse model is made of, and what it is worth.

    python -m training.report

It trains the shipped weights again and one model for each fold, and takes some minutes.
"""

import datetime as dt
import hashlib
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from comments_service.checks.abuse import Settings
from comments_service.checks.abuse_model.features import BITS, NAMES
from comments_service.checks.abuse_model.judge import SHOWS_ITSELF
from comments_service.checks.abuse_model.weights import encode
from comments_service.domain.verdict import Signal
from training.abuse import FILE, ONE_IN
from training.augment import GROUPS, KINDS
from training.figures import area, clean, f1, reached, reliability, share
from training.measure import CLEAN, SIX, Said, folds, measure
from training.plot import calibration
from training.sets import FOLDS, MEASURED_ON, TRAINED_ON

DOCS: Final = Path(__file__).parents[1] / "docs"
TEXT: Final = Path(__file__).parent / "report.md"
PAGE: Final = DOCS / "abuse-model.md"
PLOT: Final = DOCS / "abuse-model-calibration.svg"


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))


def feeding(told: dict[str, list[Said]]) -> str:
    """The sets that feed the weights."""
    lines = [
        [name, f"{len(told[name]):,}", f"{sum(s.row.abusive for s in told[name]):,}", str(weight)]
        for name, weight in TRAINED_ON.items()
    ]
    return table(["set", "rows", "abusive", "weight of a row"], lines)


def by_set(told: dict[str, list[Said]]) -> str:
    """One line a set: how well it ranks, and what the default settings flag and refuse."""
    lines = []
    for name in (*TRAINED_ON, *MEASURED_ON):
        said = told[name]
        calm = [s for s in said if not s.row.abusive and not s.row.swears]
        lines.append(
            [
                f"{name}{'' if name in MEASURED_ON else ' *'}",
                f"{len(said):,}",
                area(said),
                share(calm, Signal.SUSPECT),
                share([s for s in said if s.row.abusive], Signal.SUSPECT),
                share([s for s in said if s.row.abusive], Signal.BAD),
                f1(said, Signal.SUSPECT),
            ]
        )
    head = ["set", "rows", "AUC", "clean flagged", "abusive flagged", "abusive refused", "F1-any"]
    return table(head, lines)


def by_group(told: dict[str, list[Said]]) -> str:
    """One line a word that says who somebody is: the template sentences, and HateCheck's."""
    lines = []
    for word in [w for kind, words in GROUPS.items() if kind != "plural" for w in words]:
        own = [s for s in told["identity-templates"] if word in s.row.text.lower().split()]
        if len(own) < 10:
            continue
        fair = [s for s in own if not s.row.abusive]
        harsh = [s for s in own if s.row.abusive]
        mean = np.mean([s.probability or 0 for s in fair]) if fair else 0
        lines.append(
            [
                word,
                str(len(own)),
                f"{mean:.3f}",
                share(fair, Signal.SUSPECT),
                area(own),
                share(harsh, Signal.SUSPECT),
            ]
        )
    head = ["word", "sentences", "mean probability of clean ones", "clean flagged", "AUC"]
    return table([*head, "abusive flagged"], lines)


def by_target(told: dict[str, list[Said]]) -> str:
    """One line a group that HateCheck speaks of."""
    said = told["hatecheck"]
    lines = []
    for target, _ in Counter(str(s.row.raw.get("target") or "nobody") for s in said).most_common():
        own = [s for s in said if str(s.row.raw.get("target") or "nobody") == target]
        fair = [s for s in own if not s.row.abusive]
        harsh = [s for s in own if s.row.abusive]
        lines.append(
            [target, str(len(own)), share(fair, Signal.SUSPECT), share(harsh, Signal.SUSPECT)]
        )
    return table(["HateCheck, about", "texts", "not hateful, flagged", "hateful, flagged"], lines)


def whole(told: dict[str, list[Said]]) -> str:
    """The figures over all sets, as `docs/checks.md` has them."""
    return table(["what", "measured"], reached(told))


def main() -> int:
    shipped, held_out = folds()
    raw = encode(shipped)
    if FILE.read_bytes() != raw:
        print("The shipped model is another one: make train-abuse first.", file=sys.stderr)
        return 1
    told = measure(shipped, held_out)
    unseen = [s for name in MEASURED_ON for s in told[name] if s.probability is not None]
    bins = reliability(unseen)
    settings = Settings()
    page = TEXT.read_text("utf-8").format(
        date=dt.datetime.now(dt.UTC).date(),
        sha256=hashlib.sha256(raw).hexdigest(),
        size=f"{len(raw):,}",
        buckets=f"{1 << BITS:,}",
        figures=len(NAMES),
        groups=len(KINDS),
        folds=FOLDS,
        one_in=ONE_IN,
        shows=SHOWS_ITSELF,
        suspect=settings.suspect,
        bad=settings.bad,
        swearing=settings.swearing,
        delighted=settings.delighted,
        clean=f"{len(clean(told)):,}",
        six=", ".join(SIX),
        clean_sets=", ".join(CLEAN),
        feeding=feeding(told),
        whole=whole(told),
        by_set=by_set(told),
        by_group=by_group(told),
        by_target=by_target(told),
        reliability=table(
            ["said", "texts", "were abusive"],
            [[f"{low:.1f} to {high:.1f}", f"{n:,}", f"{is_:.2f}"] for low, high, n, _, is_ in bins],
        ),
    )
    PAGE.write_text(page, "utf-8")
    PLOT.write_text(calibration(bins), "utf-8")
    print(whole(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
