"""Serving: the service on one port with its job runner beside it, the demo, the jobs themselves."""

import os
import secrets
import signal
import threading
from pathlib import Path

import click
import structlog
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from comments_service.cli.common import application, now
from comments_service.cli.processes import Companion, started_companions
from comments_service.cli.upkeep import prepare
from comments_service.config import PREFIX, load_settings
from comments_service.demo import SITE
from comments_service.domain.errors import NotFound
from comments_service.services import accounts, sites
from comments_service.services.jobs import EVERY, run_jobs
from comments_service.web.observe import configure_logs

EDITOR = "editor@gazette.example"
BLOCKING_THREADS = 8
"""Requests that one worker works on at once; docs/operate.md says why eight."""
_HOST = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
_PORT = click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)


@click.command()
@_HOST
@_PORT
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
def run(host: str, port: int, workers: int) -> None:
    """Serve on one port, and keep one job runner going."""
    with application():
        pass
    with started_companions(Companion("jobs", "jobs")):
        _serve("comments_service.app:create_app", host, port, workers)


@click.command()
@_HOST
@_PORT
def demo(host: str, port: int) -> None:
    """Everything at once: database, a newspaper with articles, a moderator; then serve.

    The newspaper is on the next port, so that the comments come from another origin, as they do for
    any publisher.
    """
    shown = "localhost" if host in ("0.0.0.0", "::") else host  # noqa: S104  Compared, not bound.
    service, paper = f"http://{shown}:{port}", f"http://{shown}:{port + 1}"
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
    with started_companions(Companion("jobs", "jobs"), news):
        _serve("comments_service.app:create_app", host, port, 2)


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


@click.command()
@click.option("--once", is_flag=True, help="Run every job once and stop.")
def jobs(once: bool) -> None:
    """Do what time triggers: forget addresses, keys, ended sessions.

    Safe to run anywhere, any number of times: a lease in the database lets one runner work.
    """
    configure_logs()
    log = structlog.get_logger()
    holder = secrets.token_hex(8)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parent = os.getppid()
    with application() as app:
        while not stop.is_set():
            try:
                done = run_jobs(app.config["COMMENTS"], holder, now())
            except Exception:
                if once:
                    raise
                log.exception("jobs failed")
                done = None
            if done is not None and (once or any(done.values())):
                log.info("jobs", **done)
            if once or (os.getppid() != parent and os.getppid() == 1):
                return
            stop.wait(EVERY.total_seconds())


@click.command("newspaper", hidden=True)
@click.argument("service")
@click.argument("host")
@click.argument("port", type=int)
def newspaper(service: str, host: str, port: int) -> None:
    """The demo's newspaper; `demo` starts it."""
    os.environ["NEWSPAPER_SERVICE"] = service
    _serve("comments_service.cli.newspaper:create", host, port, 1)


def _serve(target: str, host: str, port: int, workers: int) -> None:
    metrics = _metrics_folder() if "newspaper" not in target else None
    if metrics is not None:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
    server = Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=BLOCKING_THREADS,
        factory=True,
        respawn_failed_workers=True,
        log_access=False,
        log_level=LogLevels.error,
        websockets=False,
    )
    server.serve()


def _metrics_folder() -> Path:
    """A folder for this run's metrics; what an earlier run left would be counted again."""
    folder = load_settings().home / "metrics" / str(os.getpid())
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.parent.iterdir():
        if old != folder and not _runs(old.name):
            for file in old.iterdir():
                file.unlink()
            old.rmdir()
    for file in folder.iterdir():
        file.unlink()
    return folder


def _runs(pid: str) -> bool:
    return pid.isdigit() and Path(f"/proc/{pid}").exists()
