"""wrk and nginx for a benchmark: a load on a port, and a server of plain files to compare with.

Only loopback is used, and only what was started here is stopped.
"""

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.service import Failed, cpu_seconds_of, free_port, is_answering, wait_until

HERE: Final = Path(__file__).parent
WARM_UP: Final = 1
_RATE: Final = re.compile(r"^Requests/sec:\s+([\d.]+)$", re.MULTILINE)
_P99: Final = re.compile(r"^\s+99%\s+([\d.]+)(us|ms|s)$", re.MULTILINE)
_SENT: Final = re.compile(r"^\s+(\d+) requests in ", re.MULTILINE)
_BAD: Final = re.compile(r"^\s+(Non-2xx or 3xx responses|Socket errors): (.*)$", re.MULTILINE)
_MS: Final = {"us": 0.001, "ms": 1.0, "s": 1000.0}
_NGINX: Final = """
daemon off; worker_processes {workers}; pid {folder}/pid; error_log {folder}/log crit;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; etag on;
    default_type application/json;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


@dataclass(frozen=True)
class Target:
    """Somebody to ask: a port, and the process whose family's CPU time counts."""

    port: int
    pid: int


@dataclass(frozen=True)
class Round:
    """What one load met."""

    rate: float
    p99_ms: float
    cpu_us: float
    """CPU microseconds of all the target's processes for each request."""


def load(
    target: Target, paths: Sequence[str], connections: int, seconds: int, etag: str = ""
) -> Round:
    """Ask for the paths in turn, for some seconds, over so many connections.

    Raises:
        Failed: wrk did not run, or met an error.
    """
    with tempfile.NamedTemporaryFile("w", prefix="comments-bench-", suffix=".paths") as file:
        file.write("\n".join(paths))
        file.flush()
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "--timeout",
            "9s",
        ]
        script = ["-s", str(HERE / "paths.lua"), f"http://127.0.0.1:{target.port}", "--", file.name]
        before = cpu_seconds_of(target.pid)
        said = subprocess.run(
            [*command, *script, etag], capture_output=True, text=True, check=False
        )
        spent = cpu_seconds_of(target.pid) - before
    rate, p99, sent = (found.search(said.stdout) for found in (_RATE, _P99, _SENT))
    bad = _BAD.search(said.stdout)
    if said.returncode or rate is None or p99 is None or sent is None or bad is not None:
        raise Failed(f"wrk on {paths[0]}:\n{said.stdout}{said.stderr}")
    return Round(float(rate[1]), float(p99[1]) * _MS[p99[2]], 1e6 * spent / max(1, int(sent[1])))


@contextlib.contextmanager
def nginx(files: dict[str, bytes], workers: int) -> Iterator[Target]:
    """Nginx with these files, by name, and without a log."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise Failed("nginx is not installed; benchmarks/ensure_tools.sh does that on Debian.")
    with tempfile.TemporaryDirectory(prefix="comments-bench-nginx-") as folder:
        Path(folder).chmod(0o755)  # As root its workers are somebody else.
        (Path(folder) / "files").mkdir()
        for name, body in files.items():
            (Path(folder) / "files" / name).write_bytes(body)
        port = free_port()
        conf = Path(folder) / "conf"
        conf.write_text(_NGINX.format(folder=folder, port=port, workers=workers))
        with _started([program, "-c", str(conf), "-p", folder], port, "/") as target:
            yield target


@contextlib.contextmanager
def empty_view(workers: int, threads: int) -> Iterator[Target]:
    """The empty Flask view, on the server that the service uses, with the same settings."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.empty_view", *map(str, (port, workers, threads))]
    with _started(command, port, "/") as target:
        yield target


@contextlib.contextmanager
def _started(command: Sequence[str], port: int, path: str) -> Iterator[Target]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: process.poll() is not None or is_answering(port, path), command[0])
        if process.poll() is not None:
            raise Failed(f"{command[0]} ended with {process.returncode}.")
        yield Target(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)
