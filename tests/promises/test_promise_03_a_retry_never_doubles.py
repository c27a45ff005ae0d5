"""Promise 3: of requests that race under one Idempotency-Key one is stored, and all are told it."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from tests.promises.several import served
from tests.support.instance import ORIGIN, SITE, Instance
from tests.support.line import ANSWERED_WITHIN, Line

RACING: Final = 5
"""Requests under each key, from one starting shot, over two processes in turns."""


def race(under_test: Instance, ports: list[int], keys: int) -> None:
    """So many keys, one after the other; then one answer for each, and one row."""
    start = threading.Barrier(RACING)

    def ask(number: int) -> list[tuple[int, str]]:
        line, told = Line(ports[number % len(ports)]), []
        try:
            for key in range(keys):
                sent = {"site": SITE, "url": f"{ORIGIN}/{key % 7}", "author_name": "Ida"}
                headers = {
                    "Authorization": f"Bearer {under_test.writer}",
                    "Idempotency-Key": f"key-{key}",
                }
                body = sent | {"body": f"Said under {key}."}
                start.wait(ANSWERED_WITHIN)
                status, said = line.ask("POST", "/api/v1/comments", body, headers)
                told.append((status, json.dumps(said)))
        except BaseException:
            start.abort()
            raise
        finally:
            line.close()
        return told

    with ThreadPoolExecutor(RACING) as pool:
        told = list(pool.map(ask, range(RACING)))
    for key, answers in enumerate(zip(*told, strict=True)):
        assert len(set(answers)) == 1, (key, answers)
        assert answers[0][0] == 201, answers
    rows = under_test.rows("SELECT idempotency_key AS key, COUNT(*) AS n FROM comment GROUP BY 1")
    assert {row.key: row.n for row in rows} == {f"key-{key}": 1 for key in range(keys)}
    assert under_test.broken() == []


def test_promise_03_five_racing_requests_are_one_comment(
    under_test: Instance, tmp_path: Path
) -> None:
    with served(under_test, 2, tmp_path) as ports:
        race(under_test, ports, 30)


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_promise_03_a_thousand_keys_are_a_thousand_comments(
    under_test: Instance, tmp_path: Path
) -> None:
    with served(under_test, 2, tmp_path) as ports:
        race(under_test, ports, 1_000)
