"""What examining a comment costs, in CPU time, beside better-profanity on the same texts.

    python -m benchmarks.examine_cost [--texts N]

Real comments of about 165 characters (a usual comment) and of 5,000 (made of several), every text
seen once, so that nothing is remembered from an earlier turn. CPU time of this process, not the
clock's: other work on the machine changes it little. better-profanity is measured on few short
texts alone; a long one takes it over a second. The service never runs it on what readers typed.
"""

import argparse
import json
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
from comments_service.domain.comment import Submission
from comments_service.domain.facts import NO_HISTORY, Facts
from comments_service.domain.policy import Policy, PolicyMode
from comments_service.text.markup import render
from comments_service.text.reading import Reading

SHORT: Final = 165
LONG: Final = 5_000
NEAR: Final = 25
"""Characters by which a usual comment may differ from `SHORT`."""
FEW: Final = 5
"""Texts that better-profanity is given."""
BOUND_MS: Final = 5.0
"""What all checks together may take for the long text."""


def read_texts(folder: Path) -> list[str]:
    files = [(folder / f"{name}.jsonl").read_text("utf-8") for name in FILES]
    return [json.loads(line)["text"].strip() for file in files for line in file.splitlines()]


def make_long(texts: Sequence[str]) -> list[str]:
    """All comments one after another, cut at every `LONG` characters."""
    whole = "\n\n".join(texts)
    return [whole[start : start + LONG] for start in range(0, len(whole) - LONG, LONG)]


def cpu_us(work: Callable[[str], object], texts: Sequence[str]) -> tuple[float, float]:
    """Median and worst CPU microseconds of one text."""
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
    parser.add_argument("--texts", type=int, default=200, help="of each length, at most")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the sets")
    options = parser.parse_args(arguments)
    if missing := [n for n in FILES if not (options.data / f"{n}.jsonl").exists()]:
        print(f"Skipped: {options.data} has no {missing[0]}.jsonl.")
        return 0
    texts = read_texts(options.data)
    short = [t for t in texts if abs(len(t) - SHORT) <= NEAR][: options.texts]
    long = make_long(texts)[: options.texts]
    return print_costs(short, long)


def print_costs(short: Sequence[str], long: Sequence[str]) -> int:
    """The table; 1 where the long texts' median is over the bound."""
    parts: dict[str, Callable[[str], object]] = {
        "all checks": examine(),
        "all checks, 2,000 words": examine(facts=Facts(words=busy_list())),
        "folding and splitting": lambda text: Reading(Submission("A reader", text)).body.words,
        **{f"{name} alone": examine(name) for name in checks.discover()},
        "rendering (not a check)": render,
    }
    for name in ("all checks", "all checks, 2,000 words"):
        parts[name]("The words are read once, before the first text.")
    print(f"CPU microseconds a text: {len(short)} short ones, {len(long)} long ones\n")
    print(f"{'':28}{f'{SHORT} characters':>22}{f'{LONG:,} characters':>22}")
    print(f"{'':28}" + f"{'median':>11}{'worst':>11}" * 2)
    for name, work in parts.items():
        figures = [f"{us:11,.0f}" for texts in (short, long) for us in cpu_us(work, texts)]
        print(f"{name:28}" + "".join(figures))
    theirs = Profanity()
    base, worst = cpu_us(theirs.contains_profanity, short[:FEW])
    print(f"{f'better-profanity ({FEW} texts)':28}{base:11,.0f}{worst:11,.0f}")
    ours, _ = cpu_us(examine(), short)
    at_length, _ = cpu_us(examine(), long)
    print(f"\nAll checks take 1/{base / ours:,.0f} of better-profanity's time for a short comment.")
    print(f"The median long comment takes {at_length / 1000:.2f} ms; it may take {BOUND_MS:.0f}.")
    return 0 if at_length / 1000 < BOUND_MS else 1


if __name__ == "__main__":
    sys.exit(main())
