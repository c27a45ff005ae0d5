"""The job runner: what time triggers, done by one process at a time."""

import secrets
import signal
import threading
from contextlib import suppress

import click
import structlog

from comments_service.cli.common import application, now
from comments_service.cli.processes import end_with_pipe
from comments_service.config import Settings
from comments_service.domain.errors import Unavailable
from comments_service.services.jobs import EVERY, leave_jobs, run_jobs
from comments_service.web.observe import configure_logs

log = structlog.get_logger()


@click.command()
@click.option("--once", is_flag=True, help="Run every job once and stop.")
@click.option("--companion", is_flag=True, hidden=True)
def jobs(once: bool, companion: bool) -> None:
    """Do what time triggers: forget addresses, keys, ended sessions.

    Safe to run anywhere, any number of times: a lease in the database lets one runner work.
    """
    configure_logs()
    if companion:
        end_with_pipe()
    holder = secrets.token_hex(8)
    stop = _told_by_signals()
    with application() as app:
        settings: Settings = app.config["COMMENTS"]
        try:
            if once:
                _once(settings, holder)
            else:
                _until_told(settings, holder, stop)
        finally:
            # Where the database is away, the lease runs out by itself.
            with suppress(Unavailable):
                leave_jobs(holder)


def _once(settings: Settings, holder: str) -> None:
    done = run_jobs(settings, holder, now())
    if done is None:
        click.echo("Another runner is at work; nothing was done here.")
        return
    counts = (f"{number} {what.replace('_', ' ')}" for what, number in done.items())
    click.echo(f"Forgotten: {', '.join(counts)}.")


def _told_by_signals() -> threading.Event:
    """Set when this process is asked to end; a job that is running ends first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _until_told(settings: Settings, holder: str, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            done = run_jobs(settings, holder, now())
        except Exception:
            # A database that is away comes back; what was not done is done then.
            log.exception("jobs failed")
            done = None
        if done is not None and any(done.values()):
            log.info("jobs", **done)
        stop.wait(EVERY.total_seconds())
