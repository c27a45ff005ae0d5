"""Serving: the service on one port with its job runner beside it, and the demo.

The starting process loads the service's code once, and its workers are forks that share it. It
does so late (`_loading`), when the folder of the shared metrics is known: the metrics library looks
for that folder as it is loaded.
"""

import gc
import multiprocessing
import os
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, Final

import click
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from comments_service.cli.cores import CORES
from comments_service.cli.problems import status_of
from comments_service.cli.processes import (
    MEANS,
    Companion,
    apart,
    end_with_pipe,
    started_companions,
)
from comments_service.config import PREFIX

BLOCKING_THREADS: Final = 8
"""Requests that one worker works on at once; docs/operate.md says why eight."""
CONNECTIONS: Final = 8_192
"""Connections that one worker keeps open; those beyond it wait until others end."""
HEADERS_WITHIN_MS: Final = 10_000
"""How long a request's head may take, and how long a connection may stay open without one."""
MAX_HEAD: Final = 65_536
"""Bytes of a request's head, its address included; more is answered 431."""
_FILES: Final = 2 * CONNECTIONS
"""Open files that a worker may need."""
KILL_AFTER: Final = 5
"""Seconds a worker has to finish its requests when the server is asked to end."""
_SERVICE: Final = "comments_service.cli.service:create"
_NEWSPAPER: Final = "comments_service.cli.newspaper:create"
_LOGS: Final[dict[str, Any]] = {
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": False}},
}
"""The server's own messages go where ours go (`configure_logs`), in the same form."""
_HOST = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")


@click.command()
@_HOST
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
def run(host: str, port: int, workers: int) -> None:
    """Serve on one port, and keep one job runner going."""
    _require_free(host, port)
    jobs = Companion("jobs", "jobs")
    with _shared_metrics():
        with _loading():
            checked = _begun_check()
            from comments_service.cli import service  # noqa: F401, PLC0415 - for the workers.
        _end_unless_done(checked)
        with started_companions(jobs):
            _serve(_SERVICE, host, port, workers)


@click.command()
@_HOST
@click.option("--port", type=click.IntRange(1, 65_534), default=8000, show_default=True)
def demo(host: str, port: int) -> None:
    """Everything at once: database, a newspaper with articles, a moderator; then serve.

    The newspaper is on the next port, so that the comments come from another origin, as they do for
    any publisher.
    """
    for wanted in (port, port + 1):
        _require_free(host, wanted)
    service, paper = _address(host, port), _address(host, port + 1)
    os.environ[PREFIX + "NEWSPAPER_URL"] = f"{paper}/demo/"
    os.environ.setdefault(PREFIX + "PUBLIC_URL", service)
    news = Companion("newspaper", "newspaper", (service, host, str(port + 1)))
    jobs = Companion("jobs", "jobs")
    with _shared_metrics():
        with _loading():
            from comments_service.cli import (  # noqa: PLC0415 - see the module's head.
                readying,
            )
        _end_unless_done(apart(lambda: status_of(lambda: readying.set_up_demo(service, paper))))
        with started_companions(jobs, news):
            _serve(_SERVICE, host, port, 2)


def _address(host: str, port: int) -> str:
    """What a browser on this machine types to get there."""
    if host in ("0.0.0.0", "::"):  # noqa: S104  Compared, not bound.
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _loading() -> Iterator[None]:
    """In the block the code is loaded, once for all workers; after it, logs are as they are to be.

    Nothing that is loaded is garbage; looking for some takes a tenth of the start. Frozen, it is
    never looked at again, so that collections in a worker copy no pages of what is shared.
    """
    gc.disable()
    yield
    from comments_service.web.observe import configure_logs  # noqa: PLC0415 - see the module's head.

    gc.freeze()
    gc.enable()
    configure_logs()


def _begun_check() -> Callable[[], int]:
    """Have the database asked whether it can be served from, while the rest is loaded."""
    from comments_service.cli.database import (  # noqa: PLC0415 - see the module's head.
        require_ready,
    )

    return apart(lambda: status_of(require_ready))


def _end_unless_done(ended: Callable[[], int]) -> None:
    """Wait for what was done apart, and end as it did where it failed.

    What asks the database is done apart: workers are forks of this process, and a fork must not
    share a connection.
    """
    status = ended()
    if status:
        sys.exit(status)


@click.command("newspaper", hidden=True)
@click.option("--companion", is_flag=True, hidden=True)
@click.argument("service")
@click.argument("host")
@click.argument("port", type=int)
def newspaper(companion: bool, service: str, host: str, port: int) -> None:
    """The demo's newspaper; `demo` starts it."""
    from comments_service.cli.newspaper import (  # noqa: PLC0415 - see the module's head.
        SERVICE_VARIABLE,
    )
    from comments_service.web.observe import configure_logs  # noqa: PLC0415 - see the module's head.

    configure_logs()
    if companion:
        end_with_pipe()
    os.environ[SERVICE_VARIABLE] = service
    _serve(_NEWSPAPER, host, port, 1)


def _require_free(host: str, port: int) -> None:
    """Refuse a port that is taken: the server's sockets share one without a word."""
    try:
        family, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as problem:
        why = problem.strerror or problem
        raise click.ClickException(
            f"Cannot listen on {host}, port {port}: {why}. Choose others with --host and --port."
        ) from None


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """A folder through which the workers' metrics are summed; it goes with the server."""
    with TemporaryDirectory(prefix="comments-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        try:
            yield
        finally:
            del os.environ["PROMETHEUS_MULTIPROC_DIR"]


def _allow_files() -> None:
    """As many open files as connections need, as far as this process may say so itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _serve(target: str, host: str, port: int, workers: int) -> None:
    multiprocessing.set_start_method(MEANS, force=True)
    _allow_files()
    server = Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=BLOCKING_THREADS,
        factory=True,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_AFTER,
        log_access=False,
        log_level=LogLevels.error,
        log_dictconfig=_LOGS,
        websockets=False,
        # A proxy speaks HTTP/1.1 to us; what is not spoken cannot be abused.
        http=HTTPModes.http1,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADERS_WITHIN_MS, max_buffer_size=MAX_HEAD
        ),
    )
    try:
        with CORES.offered(workers):
            server.serve()
    except SystemExit as end:
        if end.code:
            message = "The server's workers keep ending; the messages above say why."
            raise click.ClickException(message) from None
