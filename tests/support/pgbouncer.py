"""A real PgBouncer in front of the tests' PostgreSQL, where the machine has one.

It pools by transaction, as it does where many machines share a database: what a client sets for a
session, and what it prepares, the next transaction of somebody else would find.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
import pytest

from tests.support.postgres import Postgres

BINARY: Final = shutil.which("pgbouncer") or shutil.which(
    "pgbouncer", path="/usr/sbin:/usr/local/sbin"
)
SERVERS: Final = 3
"""Connections that it keeps to a database; its clients are more."""
_PORT: Final = 6432
"""Part of the socket's name; nothing listens on the network."""
_SETTINGS: Final = """
[databases]
* = host={postgres} user=postgres
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
unix_socket_mode = 0777
auth_type = any
pool_mode = transaction
default_pool_size = {servers}
max_client_conn = 200
logfile = {folder}/log
"""


@contextmanager
def bounced(postgres: Postgres, database: str) -> Iterator[str]:
    """The URL of a database by way of a PgBouncer that ends with the block; skips without one."""
    if BINARY is None:
        pytest.skip("pgbouncer is not on this machine (Debian: apt-get install pgbouncer)")
    # Not below pytest's folder: a socket's path has at most 107 bytes, and it runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="bouncer-"))
    folder.chmod(0o777)
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        _SETTINGS.format(
            postgres=postgres.socket_folder, port=_PORT, folder=folder, servers=SERVERS
        )
    )
    # As root it refuses to run; only the server's own user may enter its folder.
    user = ["-u", Path(postgres.socket_folder).owner()] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [BINARY, "-q", *user, settings], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        url = f"postgresql://postgres@/{database}?host={folder}&port={_PORT}"
        _wait_until_it_answers(url, process, folder / "log")
        yield url
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(50):
        try:
            psycopg.connect(url, prepare_threshold=None, connect_timeout=2).close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text() if log.exists() else "It ended at once."
            time.sleep(0.05)
        else:
            return
    raise AssertionError("PgBouncer never answered.")
