"""The service as a server's worker finds it: a factory without arguments."""

import threading
from importlib import import_module

from flask import Flask

from comments_service.app import create_app
from comments_service.cli.cores import CORES
from comments_service.cli.processes import end_with_parent
from comments_service.text.arrays import load_arrays
from comments_service.web.observe import configure_logs


def create() -> Flask:
    """The application, logging as JSON, in a worker that ends with its server."""
    configure_logs()
    end_with_parent()
    CORES.take()
    app = create_app()
    # What only posts need is there before somebody posts, and no reader waits for it.
    threading.Thread(target=_load_the_rest, daemon=True).start()
    return app


def _load_the_rest() -> None:
    import_module("comments_service.text.markup")
    load_arrays()
