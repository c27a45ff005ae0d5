"""The demo's newspaper as a server's worker finds it: a factory without arguments."""

import os
from typing import Final

from flask import Flask

from comments_service.cli.processes import end_with_parent
from comments_service.config import bundled
from comments_service.demo import create_newspaper
from comments_service.web.observe import configure_logs

SERVICE_VARIABLE: Final = "NEWSPAPER_SERVICE"
"""Where the hidden command `newspaper` leaves the service's address for its worker."""


def create() -> Flask:
    """The newspaper that embeds the service."""
    configure_logs()
    end_with_parent()
    return create_newspaper(os.environ[SERVICE_VARIABLE], bundled("templates"))
