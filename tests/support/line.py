"""A client's line to a service that may be killed at any moment, and tries again as clients do."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

ANSWERED_WITHIN: Final = 600.0
"""Seconds for an answer, a restart of everything on a busy machine included."""
_PAUSE: Final = 0.02
_LATER: Final = frozenset({502, 503, 504})


@dataclass
class Line:
    """One connection, kept open for as long as both sides will."""

    port: int
    headers: Mapping[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and JSON of one request.

        Raises:
            OSError, http.client.HTTPException: nobody answered; what became of it is not known.
        """
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = None if body is None else json.dumps(body)
        sent = {"Content-Type": "application/json", **self.headers, **(headers or {})}
        try:
            self._connection.request(method, path, data, sent)
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            raise

    def insist(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, int]:
        """The same, until somebody answers who can; the last number says how often it was asked."""
        times, deadline = 0, time.monotonic() + ANSWERED_WITHIN
        while True:
            times += 1
            try:
                status, said = self.ask(method, path, body, headers)
                if status not in _LATER:
                    return status, said, times
            except (OSError, http.client.HTTPException):
                pass
            assert time.monotonic() < deadline, f"{method} {path} was never answered"
            _wait_a_little()

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def wait_until(what: Callable[[], object], why: str) -> None:
    """Wait for a condition; that it never comes is the test's failure."""
    deadline = time.monotonic() + ANSWERED_WITHIN
    while not what():
        assert time.monotonic() < deadline, why
        _wait_a_little()


def _wait_a_little() -> None:
    threading.Event().wait(_PAUSE)
