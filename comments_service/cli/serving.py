"""Serving: the service on one port with its job runner beside it, and the demo."""

import multiprocessing
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, Final

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from comments_service.cli.common import application, now
from comments_service.cli.newspaper import SERVICE_VARIABLE
from comments_service.cli.processes import Companion, end_with_pipe, started_companions
from comments_service.cli.upkeep import prepare
from comments_service.config import PREFIX
from comments_service.demo import SITE
from comments_service.domain.errors import NotFound
from comments_service.services import accounts, sites
from comments_service.web.observe import configure_logs

EDITOR: Final = "editor@gazette.example"
BLOCKING_THREADS: Final = 8
"""Requests that one worker works on at once; docs/operate.md says why eight."""
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
    configure_logs()
    _require_free(host, port)
    with application():
        pass
    with started_companions(Companion("jobs", "jobs")), _shared_metrics():
        _serve(_SERVICE, host, port, workers)


@click.command()
@_HOST
@click.option("--port", type=click.IntRange(1, 65_534), default=8000, show_default=True)
def demo(host: str, port: int) -> None:
    """Everything at once: database, a newspaper with articles, a moderator; then serve.

    The newspaper is on the next port, so that the comments come from another origin, as they do for
    any publisher.
    """
    configure_logs()
    for wanted in (port, port + 1):
        _require_free(host, wanted)
    service, paper = _address(host, port), _address(host, port + 1)
    prepare()
    with application():
        password = _demo_content(paper)
    os.environ[PREFIX + "NEWSPAPER_URL"] = f"{paper}/demo/"
    os.environ.setdefault(PREFIX + "PUBLIC_URL", service)
    click.echo(f"\n  The newspaper:  {paper}/demo/")
    click.echo(f"  The console:    {service}/moderate/")
    click.echo(f"                  {EDITOR}")
    click.echo(f"                  {password}\n")
    news = Companion("newspaper", "newspaper", (service, host, str(port + 1)))
    with started_companions(Companion("jobs", "jobs"), news), _shared_metrics():
        _serve(_SERVICE, host, port, 2)


def _address(host: str, port: int) -> str:
    """What a browser on this machine types to get there."""
    if host in ("0.0.0.0", "::"):  # noqa: S104  Compared, not bound.
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _demo_content(paper: str) -> str:
    """Site and moderator of the demo, unless they are there; what to sign in with, in words."""
    try:
        found = sites.show_site(SITE)
    except NotFound:
        found = sites.create_site(
            SITE, sites.SiteChange(name="The Estuary Gazette", origins=[paper]), now()
        )
    origins = {paper, paper.replace("//127.0.0.1:", "//localhost:")}
    if not origins <= set(found.origins):
        wanted = sites.SiteChange(origins=[*found.origins, *origins])
        sites.change_site_settings(found, wanted, sites.SYSTEM, now())
    known = {row.email: row for row in accounts.all_moderators()}
    if EDITOR not in known:
        password = accounts.create_moderator(EDITOR, accounts.OWNER, (), now())
    elif known[EDITOR].password_is_one_time:
        password = accounts.renew_password(EDITOR)
    else:
        return "(with the password you chose; `moderator password` makes a new one)"
    return f"{password}  (once: you choose your own at the first sign-in)"


@click.command("newspaper", hidden=True)
@click.option("--companion", is_flag=True, hidden=True)
@click.argument("service")
@click.argument("host")
@click.argument("port", type=int)
def newspaper(companion: bool, service: str, host: str, port: int) -> None:
    """The demo's newspaper; `demo` starts it."""
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
        yield


def _serve(target: str, host: str, port: int, workers: int) -> None:
    # A forked worker would share this process's database connections and locks, and would have
    # set up its metrics before it knew the folder to share them in.
    multiprocessing.set_start_method("spawn", force=True)
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
    )
    try:
        server.serve()
    except SystemExit as end:
        if end.code:
            message = "The server's workers keep ending; the messages above say why."
            raise click.ClickException(message) from None
