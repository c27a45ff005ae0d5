"""What examining a comment costs, in CPU time, beside better-profanity on the same texts.

    python -m benchmarks.examine_cost [--texts N]

Real comments of about 165 characters (a usual comment) and of 5,000 (made of several). All checks
together see each text once and nothing is remembered of it: "first" in a process that examined
nothing before, else after 1,000 other comments. CPU time, not the clock's, of several rounds with
texts of their own; told is the round whose median is least, since what else the machine does can
only add. The parts by themselves are asked about the same texts again. better-profanity is measured
on few short texts alone; a long one takes it over a second. The service never runs it on what
readers typed.
"""

import argparse
import gzip
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from better_profanity import Profanity

from benchmarks.real_comments import DATA, FILES
from benchmarks.worst_cases import busy_list
from comments_service import checks
from comments_service.domain.comment import MAX_BODY, Submission
from comments_service.domain.facts import NO_HISTORY, Facts
from comments_service.domain.policy import Policy, PolicyMode
from comments_service.text.markup import render
from comments_service.text.reading import Reading

SHORT: Final = 165
LONG: Final = 5_000
NEAR: Final = 25
"""Characters by which a usual comment may differ from `SHORT`."""
MORE: Final = ("wiki-talk", "insults-impermium", "ruddit", "youtube-toxic")
"""Further sets, read where they are there."""
BEFORE: Final = 1_000
"""Comments of any length that a process has examined before."""
ROUNDS: Final = 5
FEW: Final = 5
"""Texts that better-profanity is given."""
BOUND_US: Final = 250.0
"""What all checks together should take for a usual comment; not reached yet, so it is only told."""
BOUND_MS: Final = 5.0
"""What all checks together may take for the long text."""


def read_texts(folder: Path) -> list[str]:
    """All comments of the sets, in an order that is always the same and mixes them."""
    paths = [folder / f"{name}.jsonl" for name in FILES]
    for name in MORE:
        paths += sorted(folder.glob(f"{name}.jsonl*"))
    found = [json.loads(line)["text"].strip() for path in paths for line in _lines(path)]
    random.Random(1).shuffle(found)
    return found


def _lines(path: Path) -> Sequence[str]:
    raw = path.read_bytes()
    # Lines of JSON end with this alone; what else ends lines may stand inside.
    return (
        (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8").rstrip().split("\n")
    )


def make_long(texts: Sequence[str]) -> list[str]:
    """All comments one after another, cut at every `LONG` characters."""
    whole = "\n\n".join(texts)
    return [whole[start : start + LONG] for start in range(0, len(whole) - LONG, LONG)]


def cpu_us(work: Callable[[str], object], texts: Sequence[str]) -> tuple[float, float]:
    """Median and worst CPU microseconds of one text, in the round with the least median."""
    size = max(1, len(texts) // ROUNDS)
    rounds = [texts[at : at + size] for at in range(0, size * ROUNDS, size)]
    return min(round_us(work, some) for some in rounds if some)


def round_us(work: Callable[[str], object], texts: Sequence[str]) -> tuple[float, float]:
    taken: list[float] = []
    for text in texts:
        began = time.process_time_ns()
        work(text)
        taken.append((time.process_time_ns() - began) / 1000)
    return statistics.median(taken), max(taken)


def examine(*names: str, facts: Facts = NO_HISTORY) -> Callable[[str], object]:
    """A run of the named checks, of all where none is named."""
    known = checks.discover()
    wanted = {name: known[name] for name in names} if names else known
    policy = Policy(PolicyMode.POST)
    return lambda text: checks.run(Submission("A reader", text), facts, policy, checks=wanted)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--texts", type=int, default=1_000, help="of each length, at most")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the sets")
    options = parser.parse_args(arguments)
    if missing := [n for n in FILES if not (options.data / f"{n}.jsonl").exists()]:
        print(f"Skipped: {options.data} has no {missing[0]}.jsonl.")
        return 0
    texts = read_texts(options.data)
    before, rest = texts[:BEFORE], texts[BEFORE:]
    first, *short = (t for t in rest if abs(len(t) - SHORT) <= NEAR)
    few = max(FEW, options.texts // ROUNDS)
    long = make_long(rest)[: options.texts]
    return print_costs([first, *short[:few]], before, short[few:][: options.texts], long)


def print_costs(
    first: Sequence[str], before: Sequence[str], short: Sequence[str], long: Sequence[str]
) -> int:
    """The table; 1 where the long texts' median is over its bound."""
    everything = examine()
    everything("All is loaded before the first text.")
    at_first, worst_at_first = round_us(everything, first)
    for text in before:
        everything(text[:MAX_BODY])
    ours, worst_of_ours = cpu_us(everything, short)
    at_length, worst_at_length = cpu_us(everything, long)
    figures = {
        "all checks, first": (at_first, worst_at_first),
        "all checks": (ours, worst_of_ours, at_length, worst_at_length),
    }
    parts: dict[str, Callable[[str], object]] = {
        "all checks, 2,000 words": examine(facts=Facts(words=busy_list())),
        "folding and splitting": lambda text: Reading(Submission("A reader", text)).body.words,
        **{f"{name} alone": examine(name) for name in checks.discover()},
        "rendering (not a check)": render,
    }
    parts["all checks, 2,000 words"]("The words are read once, before the first text.")
    for name, work in parts.items():
        figures[name] = (*cpu_us(work, short), *cpu_us(work, long))
    print(f"CPU microseconds a text: {len(short)} short ones, {len(long)} long ones\n")
    print(f"{'':28}{f'{SHORT} characters':>22}{f'{LONG:,} characters':>22}")
    print(f"{'':28}" + f"{'median':>11}{'worst':>11}" * 2)
    for name, told in figures.items():
        print(f"{name:28}" + "".join(f"{us:11,.0f}" for us in told))
    theirs = Profanity()
    base, worst = round_us(theirs.contains_profanity, short[:FEW])
    print(f"{f'better-profanity ({FEW} texts)':28}{base:11,.0f}{worst:11,.0f}")
    print(f"\nAll checks take 1/{base / ours:,.0f} of better-profanity's time for a short comment.")
    print(f"The median usual comment takes {ours:.0f} us; it should take {BOUND_US:.0f}.")
    print(f"The median long comment takes {at_length / 1000:.2f} ms; it may take {BOUND_MS:.0f}.")
    return 0 if at_length / 1000 < BOUND_MS else 1


if __name__ == "__main__":
    sys.exit(main())
