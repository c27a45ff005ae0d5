"""Runs a filter as a command over many texts, and says what it answered and what that took.

Whole processes are measured, by the operating system's own account: every filter gets the same
treatment, whatever it is written in. CPU time, not the clock's.
"""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
)
ENOUGH: Final = 0.6
"""CPU seconds beyond the start from which a figure for one text is taken."""
MOST_TEXTS: Final = 20_000
ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command."""

    answers: Mapping[str, Mapping[str, Any]]
    """By the id of the text."""
    cpu: float
    """Seconds, the start included."""
    peak_mib: float
    """The most memory that was resident at once."""


class CommandFailed(Exception):
    """The command ended with an error, or left a text without an answer."""


def run(command: Sequence[str], texts: Mapping[str, str]) -> Run:
    """Give the command every text and wait for its end.

    Raises:
        CommandFailed: it ended with an error, or did not answer every text.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        for key, text in texts.items():
            given.write((json.dumps({"id": key, "text": text}) + "\n").encode())
        given.seek(0)
        process = subprocess.Popen(
            command, stdin=given, stdout=said, env={**os.environ, **ONE_THREAD}
        )
        cpu, peak = _wait(process)
        said.seek(0)
        answers = {row["id"]: row for row in map(json.loads, said)}
    if process.returncode or len(answers) != len(texts):
        raise CommandFailed(f"{' '.join(command)} ended with {process.returncode}.")
    return Run(answers, cpu, peak)


def _wait(process: "subprocess.Popen[bytes]") -> tuple[float, float]:
    """CPU seconds and peak MiB. The peak is read while it runs: `ru_maxrss` counts the parent's."""
    ended = threading.Event()
    peak = [0]

    def watch() -> None:
        while not ended.wait(0.01):
            try:
                with open(f"/proc/{process.pid}/status", encoding="ascii") as status:  # noqa: PTH123 - read in a loop.
                    kib = [line.split()[1] for line in status if line.startswith("VmHWM")]
            except OSError:
                return
            peak[0] = max(peak[0], *map(int, kib), 0)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    _, status, used = os.wait4(process.pid, 0)
    ended.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime, peak[0] / 1024


def start_cost(command: Sequence[str]) -> float:
    """CPU seconds from the start to the first answer, the least of `ROUNDS` runs."""
    return min(run(command, {"only": "A first comment."}).cpu for _ in range(ROUNDS))


def cpu_us(command: Sequence[str], texts: Sequence[str], start: float) -> float:
    """CPU microseconds for one of the texts, beyond the `start` that the command takes.

    The texts are given again, each with a mark of its own, until there is enough to measure; the
    least of `ROUNDS` runs is told.
    """
    count = 4
    while True:
        many = {f"{i}": _marked(texts[i % len(texts)], i) for i in range(count)}
        taken = run(command, many).cpu - start
        if taken >= ENOUGH or count >= MOST_TEXTS:
            # What else the machine does can only add.
            again = [run(command, many).cpu - start for _ in range(ROUNDS - 1)]
            return max(0.0, min(taken, *again)) / count * 1e6
        count = min(MOST_TEXTS, count * (4 if taken < ENOUGH / 8 else 2))


def _marked(text: str, number: int) -> str:
    """A text of the same length that differs from every other, so that no answer is remembered."""
    return f"{number} {text}"[: len(text)]
