"""A real service for a benchmark: set up and started as a user would, and stopped again.

Everything goes through the command line and HTTP; no code of the service is imported.
"""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

COMMAND: Final = (sys.executable, "-m", "comments_service.cli")
TIMEOUT: Final = 90.0
"""Seconds for any one answer, for the start and for the end."""


class Failed(Exception):
    """What the benchmark asserts does not hold, or the service cannot be used."""


@dataclass(frozen=True)
class Instance:
    """An instance folder and its settings; commands run in it."""

    environment: Mapping[str, str]

    def command(self, *words: str, typed: bytes | None = None) -> str:
        """Run a command; returns what it printed.

        Raises:
            Failed: it did not end with 0.
        """
        done = subprocess.run(
            [*COMMAND, *words],
            input=typed,
            env=dict(self.environment),
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr).decode(errors="replace")
            raise Failed(
                f"comments-service {' '.join(words)} ended with {done.returncode}:\n{said}"
            )
        return done.stdout.decode()


@contextlib.contextmanager
def new_instance(database_url: str | None, **settings: str) -> Iterator[Instance]:
    """A temporary instance after `init`; the folder goes with the block, another database stays."""
    with tempfile.TemporaryDirectory(prefix="comments-bench-") as home:
        kept = {n: v for n, v in os.environ.items() if not n.startswith("COMMENTS_")}
        own = {"COMMENTS_HOME": home, **settings}
        if database_url is not None:
            own["COMMENTS_DATABASE_URL"] = database_url
        instance = Instance(kept | own)
        instance.command("init")
        yield instance


@dataclass
class Timings:
    """How long requests of one kind took, and what they were answered."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, seconds: float, status: int) -> None:
        with self._lock:
            self.seconds.append(seconds)
            self.statuses[status] += 1

    def quantile_ms(self, q: float) -> float:
        """Milliseconds within which the share `q` of the requests was answered."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else 0.0


@dataclass
class Service:
    """The running service. Each thread that asks has a connection of its own, kept open."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    timings: dict[str, Timings] = field(default_factory=dict)
    _local: threading.local = field(default_factory=threading.local)
    _opened: list[http.client.HTTPConnection] = field(default_factory=list)

    def ask(
        self,
        kind: str,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Send a request, time it as one of its kind, and give back status and JSON.

        Raises:
            Failed: the status is 5xx.
        """
        data = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        began = time.perf_counter()
        status, raw = self._exchange(method, path, data, sent)
        self.timings.setdefault(kind, Timings()).add(time.perf_counter() - began, status)
        if status >= 500:
            raise Failed(f"{method} {path} was answered {status}: {raw.decode()}\n{self._tail()}")
        return status, json.loads(raw) if raw else None

    def get(self, kind: str, path: str, token: str | None = None, **query: str) -> Any:
        """The JSON of a GET that must succeed."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        status, said = self.ask(kind, "GET", f"{path}?{urlencode(query)}", None, headers)
        if status != 200:
            raise Failed(f"GET {path} with {query} was answered {status}: {said}")
        return said

    def text(self, path: str) -> str:
        """The text of a GET that must succeed; it is not timed."""
        status, raw = self._exchange("GET", path, None, {})
        if status != 200:
            raise Failed(f"GET {path} was answered {status}: {raw.decode(errors='replace')}")
        return raw.decode()

    def cpu_seconds(self) -> float | None:
        """CPU time of the server and all its processes so far; None where /proc does not tell."""
        try:
            return cpu_seconds_of(self.process.pid)
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        """Leave: every thread's connection."""
        for connection in self._opened:
            connection.close()

    def _exchange(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        if not hasattr(self._local, "connection"):
            opened = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
            self._local.connection = opened
            self._opened.append(opened)
        connection = self._local.connection
        try:
            connection.request(method, path, data, dict(headers))
            with connection.getresponse() as answer:
                return answer.status, answer.read()
        except http.client.RemoteDisconnected:
            # The server closes connections that were idle for long. What it may have carried out
            # already is not sent again.
            if method != "GET":
                raise
            connection.close()
            return self._exchange(method, path, data, headers)

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


@contextlib.contextmanager
def running(instance: Instance, workers: int) -> Iterator[Service]:
    """`run`, from its first answer to its end."""
    port = free_port()
    words = ["run", "--port", str(port), "--workers", str(workers)]
    with tempfile.TemporaryDirectory(prefix="comments-bench-log-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*COMMAND, *words],
                env=dict(instance.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        service = Service(port, process, log)
        try:
            _wait(service)
            yield service
        finally:
            service.close()
            process.terminate()
            try:
                process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(service: Service) -> None:
    ended = service.process.poll
    with contextlib.suppress(Failed):
        wait_until(lambda: ended() is not None or is_answering(service.port, "/readyz", 200), "run")
    if ended() is not None or not is_answering(service.port, "/readyz", 200):
        raise Failed(f"The service did not start:\n{service.log.read_text(errors='replace')}")


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a condition, `TIMEOUT` seconds at most.

    Raises:
        Failed: it does not come to hold.
    """
    deadline = time.monotonic() + TIMEOUT
    while not holds():
        if time.monotonic() > deadline:
            raise Failed(f"{what} was not ready within {TIMEOUT:.0f} s.")
        time.sleep(0.02)


def is_answering(port: int, path: str, status: int | None = None) -> bool:
    """Whether somebody answers there; with this status, if one is given."""
    probe = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(probe):
        probe.request("GET", path)
        return status in (None, probe.getresponse().status)
    return False


def raw(port: int, path: str) -> tuple[bytes, Mapping[str, str]]:
    """Body and headers, their names in small letters, of a GET that must succeed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    if answer.status != 200:
        raise Failed(f"GET {path} was answered {answer.status}: {body.decode()}")
    return body, {name.lower(): value for name, value in answer.getheaders()}


def cpu_seconds_of(pid: int) -> float:
    """CPU time of a process and all that descend from it, so far."""
    return sum(_cpu_seconds(each) for each in family(pid))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(folder.name)] = int(_stat(int(folder.name))[1])
    found = [pid]
    for known in found:
        found += [child for child, parent in parents.items() if parent == known]
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on: a command's name may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _cpu_seconds(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
