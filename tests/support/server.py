"""Starts a real process of the service for a test, and stops that one process only.

Tests that need a browser or several processes use this; everything else uses Flask's client.
"""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

READY_WITHIN: Final = 120.0
"""Seconds that a process may take until it answers. A cold start with migrations needs two, on a
machine with many times as much to do as it can, fifty; one that ended is known at once."""
GONE_WITHIN: Final = 60.0
"""Seconds for a clean end before the process is killed, and the test fails for it. `run` itself
gives its workers five to finish their requests, then companions five (`KILL_AFTER`, `GRACE`)."""
_POLL: Final = 0.05
_TAIL: Final = 4_000


class ServerFailed(AssertionError):
    """The process ended, or never answered; the message carries the end of its output."""


def free_ports(count: int = 1) -> int:
    """The first of `count` neighbouring loopback ports that nobody listens on."""
    while True:
        first = _unused_port()
        if first + count <= 65_536 and all(_is_free(first + n) for n in range(1, count)):
            return first


@contextmanager
def serve(
    command: Sequence[str | Path], env: Mapping[str, str], ready_url: str, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` until the block ends; enter it once `ready_url` answers with any 2xx.

    Of this process's environment everything is kept but settings of the service: what a developer
    has exported must not reach a test. Output goes to the file `log`.

    Raises:
        ServerFailed: when it does not answer in time, or does not end when asked to.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            env=clean_environment() | dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_ready(process, ready_url, log)
        yield process
    finally:
        _stop(process, log)


def clean_environment() -> dict[str, str]:
    """This process's environment without any setting of the service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COMMENTS_")}


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until a URL answers with any 2xx; a process may serve more than one.

    Raises:
        ServerFailed: when the process ends, or does not answer in time.
    """
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailed(f"It ended with status {process.returncode}:\n{_tail(log)}")
        if _answers(url):
            return
        time.sleep(_POLL)
    raise ServerFailed(f"{url} did not answer within {READY_WITHIN:.0f} s:\n{_tail(log)}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError as problem:
        problem.close()
        return False
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes], log: Path) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(GONE_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise ServerFailed(f"It did not end when asked to:\n{_tail(log)}") from None


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-_TAIL:]
