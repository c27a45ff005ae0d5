"""What a request costs before anybody does anything: a Flask view that answers nothing.

    python -m benchmarks.empty_view PORT WORKERS THREADS

It is served as the service is: by forks, each on the core that a worker of the service would have.
"""

import multiprocessing
import sys

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from comments_service.cli.cores import CORES


def create() -> Flask:
    """The application, for the server's factory."""
    CORES.take()
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "")
    return app


def serve(port: int, workers: int, threads: int) -> None:
    """Serve it until the process is told to end."""
    multiprocessing.set_start_method("fork", force=True)
    server = Granian(
        "benchmarks.empty_view:create",
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        factory=True,
        log_level=LogLevels.error,
        websockets=False,
        http=HTTPModes.http1,
    )
    with CORES.offered(workers):
        server.serve()


if __name__ == "__main__":
    serve(*map(int, sys.argv[1:]))
