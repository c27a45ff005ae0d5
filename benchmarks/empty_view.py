"""What a request costs before anybody does anything: a Flask view that answers nothing."""

from flask import Flask


def create() -> Flask:
    """The application, for the server's factory."""
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "")
    return app
