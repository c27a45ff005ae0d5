"""The demo's newspaper as a server finds it: a factory without arguments."""

import os

from flask import Flask

from comments_service.app import bundled
from comments_service.demo import create_newspaper


def create() -> Flask:
    """The newspaper that embeds the service of `NEWSPAPER_SERVICE`, which `demo` sets."""
    return create_newspaper(os.environ["NEWSPAPER_SERVICE"], bundled("templates"))
