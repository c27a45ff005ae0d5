"""The application: configuration, storage, doors, errors, headers. Nothing else knows them all."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from flask import Flask

from comments_service.config import Settings, bundled, load_settings
from comments_service.storage.db import init_db
from comments_service.storage.schema import init_migrations
from comments_service.web import (
    access,
    auth,
    bans,
    bodies,
    comments,
    console,
    cors,
    direct,
    edge,
    embed,
    headers,
    moderation,
    observe,
    openapi,
    operate,
    problems,
    public,
    security,
    sessions,
)

DOORS: Final = (public.door, comments.door, moderation.door, bans.door, operate.door)
MAX_REQUEST: Final = 4 * 1024 * 1024
"""Bytes of any request's body; most doors take far less."""


def create_app(
    settings: Settings | None = None, clock: Callable[[], datetime] = access.system_clock
) -> Flask:
    """A ready application; connects to nothing until the first request.

    Raises:
        ConfigError: a setting is missing or makes no sense.
    """
    settings = settings or load_settings()
    app = Flask(__name__, static_folder=None, template_folder=str(bundled("templates")))
    app.config.update(
        COMMENTS=settings,
        COMMENTS_CLOCK=clock,
        COMMENTS_MIGRATIONS=bundled("migrations"),
        SECRET_KEY=settings.secret_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.secret_keys[1:]),
        MAX_CONTENT_LENGTH=MAX_REQUEST,
        WTF_CSRF_TIME_LIMIT=settings.session_hours * 3600,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    init_db(app, settings.database_url, settings.writes_together, settings.read_database_url)
    observe.init_observe(app)
    problems.init_problems(app)
    bodies.init_bodies(app)
    cors.init_cors(app)
    access.init_access(app)
    access.csrf.init_app(app)
    headers.init_headers(app)
    sessions.init_sessions(app)
    for door in DOORS:
        app.register_blueprint(door.blueprint)
    openapi.describe(door.operations for door in DOORS)
    for blueprint in (
        embed.blueprint,
        openapi.blueprint,
        auth.blueprint,
        security.blueprint,
        console.blueprint,
    ):
        app.register_blueprint(blueprint)
    reads = public.kept_routes(settings, direct.direct_answers(app, settings))
    edge.init_edge(app, settings, (*reads, *embed.KEPT_ROUTES, *openapi.KEPT_ROUTES))
    return app


def create_migrating_app() -> Flask:
    """The application with the command `flask db`, which writes migrations (`make db-revision`)."""
    app = create_app()
    init_migrations(app, bundled("migrations"))
    return app
