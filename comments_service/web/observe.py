"""What operators see: JSON logs with a request id, and metrics summed over processes."""

import logging
import os
import re
import secrets
import sys
import threading
import time
from collections.abc import Iterable
from typing import Any, Final, Protocol

import structlog
from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from comments_service.web.access import settings

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE", "PUT"})
"""Counted by name; a caller who makes up others does not make up series."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
log = structlog.get_logger()

requests_total: Final = Counter(
    "comments_requests", "Requests answered.", ["method", "route", "status"]
)
request_seconds: Final = Histogram(
    "comments_request_seconds",
    "Seconds from a request's arrival to its answer.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)

submissions_total: Final = Counter(
    "comments_submissions", "Comments submitted, by what was answered.", ["answer"]
)
decisions_total: Final = Counter(
    "comments_decisions", "Decisions sent to the API, by action.", ["action"]
)


edge_total: Final = Counter(
    "comments_edge",
    "Public answers by where they came from: memory, made anew, or old while the database is away.",
    ["result"],
)
edge_bytes: Final = Gauge(
    "comments_edge_bytes", "Bytes of whole public answers kept.", multiprocess_mode="livesum"
)
_noting: Final = threading.Lock()


class Tallied(Protocol):
    """What `edge.Route` counts between two notes."""

    path: str
    sent: dict[int, int]
    made: int
    direct: int
    stale: int


_DETAIL: Final = re.compile(
    r"(\n|\\n)DETAIL: .*?(?=\n\nThe above exception|\n\nDuring handling|\n\[SQL|\Z)", re.DOTALL
)


def _without_rows(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """PostgreSQL says in an error's detail what stood in the row: texts, names and addresses."""
    for name in ("exception", "cause"):
        if isinstance(said := event.get(name), str):
            event[name] = _DETAIL.sub("", said)
    return event


# Tracebacks are plain: the library's pretty ones print local variables, secrets and texts included.
_PROCESSORS: Final[tuple[structlog.typing.Processor, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _without_rows,
)


def _configure_own_events(level: int) -> None:
    structlog.configure(
        processors=[*_PROCESSORS, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def configure_logs(level: int = logging.INFO) -> None:
    """One JSON object a line on standard error, for our own events and for libraries' alike."""
    _configure_own_events(level)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(), foreign_pre_chain=_PROCESSORS
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _forget(_problem: BaseException | None) -> None:
    """The thread's next answer may come from before Flask: its line is not this request's."""
    structlog.contextvars.clear_contextvars()


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.began if "began" in g else 0.0
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in METHODS else "other"
    requests_total.labels(method, route, response.status_code).inc()
    request_seconds.labels(route).observe(seconds)
    if not response.headers.get("Cache-Control", "").startswith("public"):
        response.headers["X-Request-Id"] = g.get("request_id", "")
    if _is_logged(response):
        log.info(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
    return response


def _is_logged(response: Response) -> bool:
    """By `COMMENTS_LOG_REQUESTS`; errors of ours always. No address, text or query is logged."""
    wanted = settings().log_requests
    if response.status_code >= 500 or wanted == "all":
        return True
    return wanted == "writes" and request.method not in _SAFE


def note_edge(routes: Iterable[Tallied], size: int) -> None:
    """Take over what the layer before Flask counted: a counter here costs more than its answer."""
    with _noting:
        for route in routes:
            for status, number in route.sent.items():
                if number:
                    route.sent[status] -= number
                    edge_total.labels("hit").inc(number)
                    requests_total.labels("GET", route.path, status).inc(number)
            if route.made:
                number, route.made = route.made, 0
                edge_total.labels("miss").inc(number)
            if route.direct:
                number, route.direct = route.direct, 0
                requests_total.labels("GET", route.path, 200).inc(number)
            if route.stale:
                number, route.stale = route.stale, 0
                edge_total.labels("stale").inc(number)
        edge_bytes.set(size)


def log_from_memory(route: Tallied, status: int) -> None:
    """A line for an answer that Flask was not asked for, where every request is logged."""
    log.info("request", method="GET", route=route.path, status=status, ms=0.0)


def metrics_answer() -> Response:
    """The metrics of all processes in Prometheus' text form."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # The library has no types here.
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def init_observe(app: Flask) -> None:
    """Time, count and log every request; under any server, as JSON and without local variables."""
    if not structlog.is_configured():
        _configure_own_events(logging.INFO)
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)
