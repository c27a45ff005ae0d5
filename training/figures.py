"""Figures about what was said of labelled texts: shares, F1, area under the curve, calibration."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from comments_service.domain.verdict import Signal
from training.measure import CLEAN, SIX, Said

Bin = tuple[float, float, int, float, float]
"""From, to, texts, mean probability, share of abusive ones."""


def clean(told: dict[str, list[Said]]) -> list[Said]:
    """The comments that neither abuse nor swear, of the sets that are comments as they come."""
    return [s for n in CLEAN for s in told[n] if not s.row.abusive and not s.row.swears]


def share(said: Sequence[Said], least: Signal) -> str:
    """How many of them were at least so strongly spoken of."""
    return f"{_share(said, least):.3f}" if said else ""


def _share(said: Sequence[Said], least: Signal) -> float:
    return sum(s.signal >= least for s in said) / max(1, len(said))


def f1(said: Sequence[Said], least: Signal) -> str:
    """F1 against "abusive or swearing"; empty where all are or none is."""
    return f"{_f1(said, least):.3f}" if 0 < sum(map(_is_any, said)) < len(said) else ""


def _f1(said: Sequence[Said], least: Signal, *, abusive_only: bool = False) -> float:
    truth = [s.row.abusive if abusive_only else _is_any(s) for s in said]
    flags = [s.signal >= least for s in said]
    both = sum(t and f for t, f in zip(truth, flags, strict=True))
    return 2 * both / max(1, sum(truth) + sum(flags))


def _is_any(said: Said) -> bool:
    return said.row.abusive or said.row.swears


def area(said: Sequence[Said]) -> str:
    """The area under the ROC curve; empty where all are abusive or none is."""
    return f"{_area(said):.3f}" if 0 < sum(s.row.abusive for s in said) < len(said) else ""


def _area(said: Sequence[Said]) -> float:
    scores = np.array([s.score for s in said])
    abusive = np.array([s.row.abusive for s in said])
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks: npt.NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2)[places]
    n, m = int(abusive.sum()), int((~abusive).sum())
    return float((ranks[abusive].sum() - n * (n + 1) / 2) / (n * m))


def reliability(said: Sequence[Said], bins: int = 10) -> list[Bin]:
    """Texts by the probability that was said of them."""
    found: list[Bin] = []
    for at in range(bins):
        low, high = at / bins, (at + 1) / bins
        own = [s for s in said if low <= (s.probability or 0) < high + (at == bins - 1)]
        if own:
            mean = float(np.mean([s.probability for s in own]))
            found.append((low, high, len(own), mean, sum(s.row.abusive for s in own) / len(own)))
    return found


def reached(told: dict[str, list[Said]]) -> list[list[str]]:
    """What was reached, row by row."""
    calm, impermium = clean(told), told["insults-impermium"]
    six = [told[name] for name in SIX]
    fair = {
        name: [s for s in told[name] if not s.row.abusive]
        for name in ("identity-templates", "hatecheck")
    }
    held, refused = Signal.SUSPECT, Signal.BAD
    return [
        ["clean comments flagged", f"{100 * _share(calm, held):.2f} %"],
        ["F1-any, mean of six sets", f"{np.mean([_f1(s, held) for s in six]):.3f}"],
        ["AUC, mean of six sets", f"{np.mean([_area(s) for s in six]):.3f}"],
        ["impermium: F1", f"{_f1(impermium, held, abusive_only=True):.3f}"],
        ["impermium: AUC", area(impermium)],
        ["toxic news comments (civil) flagged", share(told["civil-toxic-spans"], held)],
        ["clean comments refused", f"{100 * _share(calm, refused):.2f} %"],
        ["F1-any of what is refused", f"{np.mean([_f1(s, refused) for s in six]):.3f}"],
        [
            "swearing comments flagged (impermium)",
            share([s for s in impermium if s.row.swears], held),
        ],
        ["identity templates, clean flagged", share(fair["identity-templates"], held)],
        ["HateCheck, not hateful, flagged", share(fair["hatecheck"], held)],
    ]
