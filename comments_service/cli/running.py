"""The job runner: what time triggers, done by one process at a time."""

import secrets
import signal
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import Final

import click
import structlog

from comments_service.cli.common import application, now
from comments_service.cli.processes import end_with_pipe
from comments_service.config import Settings
from comments_service.domain.errors import Unavailable
from comments_service.domain.ids import encode_id
from comments_service.services.jobs import EVERY, leave_jobs, run_jobs
from comments_service.services.seal import SEAL_EVERY, seal_log
from comments_service.web.observe import configure_logs

AFTER_FAILURE: Final = timedelta(seconds=5)
"""Until the jobs are tried again: a database that is away is not asked all the time."""
log = structlog.get_logger()


@click.command()
@click.option("--once", is_flag=True, help="Run every job once and stop.")
@click.option("--companion", is_flag=True, hidden=True)
def jobs(once: bool, companion: bool) -> None:
    """Do what time triggers: seal the log; forget addresses, keys, ended sessions.

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
    done.pop("adopted_entries")
    counts = (f"{number} {what.replace('_', ' ')}" for what, number in done.items())
    click.echo(f"Forgotten: {', '.join(counts)}.")
    click.echo(f"Sealed: {_seal(settings)} sites' logs.")


def _seal(settings: Settings) -> int:
    """Seal what waits, and say in the service's own log where the chains now end."""
    heads = seal_log(settings.home, now())
    if heads:
        ends = {encode_id(site): f"{head.number}:{head.seal}" for site, head in heads.items()}
        log.info("log sealed", heads=ends)
    return len(heads)


def _told_by_signals() -> threading.Event:
    """Set when this process is asked to end; a job that is running ends first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _until_told(settings: Settings, holder: str, stop: threading.Event) -> None:
    """Seal entries as they come, and do the rest now and then, unless another runner does."""
    due, at_work = 0.0, False
    while not stop.is_set():
        pause = SEAL_EVERY
        try:
            if time.monotonic() >= due:
                done = run_jobs(settings, holder, now())
                at_work, due = done is not None, time.monotonic() + EVERY.total_seconds()
                if done is not None and any(done.values()):
                    log.info("jobs", **done)
            if at_work:
                _seal(settings)
        except Exception:
            # A database that is away comes back; what was not done is done then.
            log.exception("jobs failed")
            pause = AFTER_FAILURE
        stop.wait(pause.total_seconds())
