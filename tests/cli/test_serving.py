"""The processes of `run` and `demo`: what they answer, log, keep going and leave behind."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from comments_service.cli.cores import cores_for
from tests.support.server import clean_environment, free_ports, serve

pytestmark = pytest.mark.slow

COMMAND: Final = [sys.executable, "-m", "comments_service.cli"]
SOON: Final = 60.0
"""Seconds for what takes about one; a build machine may be busy with other things."""


def wait_until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def processes() -> dict[int, tuple[int, str]]:
    """Every living process by its id: its parent's id and its command."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="],
        capture_output=True,
        text=True,
        check=True,
    )
    found = {}
    for line in listed.stdout.splitlines():
        pid, parent, state, words = line.split(None, 3)
        if not state.startswith("Z"):
            found[int(pid)] = (int(parent), words)
    return found


def descendants(pid: int) -> set[int]:
    """The process's children, theirs, and so on."""
    known = processes()
    found: set[int] = set()
    last = {pid}
    while last := {child for child, (parent, _) in known.items() if parent in last} - found:
        found |= last
    return found


def children_called(pid: int, word: str) -> list[int]:
    return [
        child
        for child, (parent, command) in processes().items()
        if parent == pid and f"comments_service.cli {word}" in command
    ]


def alive(pids: set[int]) -> set[int]:
    return pids & processes().keys()


@dataclass
class Running:
    """A service that runs as a process of its own."""

    process: subprocess.Popen[bytes]
    url: str
    home: Path
    log: Path
    token: str
    """Lets a program post comments."""

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        return self.send("GET", path, None, headers)

    def send(
        self, method: str, path: str, body: object, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as problem:
            with problem:
                return problem.code, problem.read()

    def logged(self) -> list[dict[str, Any]]:
        """The log's lines, each of which must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def command(home: Path, *words: str) -> str:
    done = subprocess.run(
        [*COMMAND, *words],
        env=clean_environment() | {"COMMENTS_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with one site that publishes at once."""
    path = tmp_path_factory.mktemp("running") / "instance"
    command(path, "init")
    origin = ("--origin", "https://gazette.example")
    command(path, "site", "create", "gazette", "--name", "G", *origin, "--mode", "post")
    return path


def run(home: Path, log: Path, **settings: str) -> Any:
    port = free_ports()
    url = f"http://127.0.0.1:{port}"
    words = [*COMMAND, "run", "--port", str(port), "--workers", "2"]
    return url, serve(words, {"COMMENTS_HOME": str(home), **settings}, f"{url}/readyz", log)


@pytest.fixture(scope="module")
def running(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`run` with two workers, logging every request."""
    log = tmp_path_factory.mktemp("log") / "log"
    proxies = {"COMMENTS_TRUSTED_PROXIES": "127.0.0.0/8", "COMMENTS_LOG_REQUESTS": "all"}
    token = command(home, "token", "create", "--name", "paper", "--scope", "comments:write")
    url, served = run(home, log, **proxies)
    with served as process:
        yield Running(process, url, home, log, token)


def test_it_answers_on_its_one_port(running: Running) -> None:
    assert running.get("/healthz") == (200, b'{"status":"ok"}')
    assert running.get("/readyz") == (200, b'{"status":"ok"}')
    status, told = running.get("/demo/")
    assert status == 404
    assert b"comments-service demo" in told


def counted(running: Running, name: str) -> float:
    status, text = running.get("/metrics")
    assert status == 200
    return sum(float(line.split()[-1]) for line in text.decode().splitlines() if name in line)


def test_metrics_are_summed_over_the_workers(running: Running) -> None:
    series = 'comments_requests_total{method="GET",route="/healthz",status="200"}'
    before = counted(running, series)
    # Each request has a connection of its own, and the system deals these out to the workers.
    for _ in range(40):
        running.get("/healthz")
    # Whichever worker is asked, the sum is that of both.
    assert {counted(running, series) - before for _ in range(10)} == {40}


def test_metrics_have_no_series_of_a_callers_making(running: Running) -> None:
    for made_up in ("FROBNICATE", "BREW"):
        assert running.send(made_up, "/healthz", None, {})[0] == 405
    text = running.get("/metrics")[1].decode()
    assert "FROBNICATE" not in text
    assert counted(running, 'method="other"') >= 2


def test_metrics_are_not_for_strangers(running: Running) -> None:
    assert running.get("/metrics", **{"X-Forwarded-For": "203.0.113.77"})[0] == 403


SECRETS: Final = {
    "body": "quagga-body-text",
    "author_name": "quagga-name",
    "email": "quagga@secrets.example",
    "title": "quagga-title",
}
ADDRESS: Final = "203.0.113.77"


def post(running: Running, **more: Any) -> tuple[int, bytes]:
    page = {"site": "gazette", "url": "https://gazette.example/quagga-page?quagga=1"}
    headers = {
        "Authorization": f"Bearer {running.token}",
        "X-Forwarded-For": ADDRESS,
        "X-Request-Id": "request-of-the-test",
        "Commenter-Key": "quagga-key-0123456789-abc",
    }
    return running.send("POST", "/api/v1/comments", {**page, **SECRETS, **more}, headers)


def test_the_log_is_json_with_the_request_and_without_what_was_written(running: Running) -> None:
    status, _ = post(running)
    assert status == 201
    running.get("/api/v1/comments?site=gazette&url=https://gazette.example/quagga-page")
    entries = [e for e in running.logged() if e.get("request_id") == "request-of-the-test"]
    # Other tests post to the same service, in any order; the newest entry is this one's.
    entry = [e for e in entries if e["event"] == "request"][-1]
    assert (
        entry.items()
        >= {
            "level": "info",
            "method": "POST",
            "route": "/api/v1/comments",
            "status": 201,
        }.items()
    )
    assert entry["timestamp"].endswith("Z")
    assert 0 < entry["ms"] < 60_000
    assert_silent_about_readers(running)


def assert_silent_about_readers(running: Running) -> None:
    text = running.log.read_text()
    assert "quagga" not in text
    assert ADDRESS not in text


def test_what_is_written_is_sealed_and_its_end_noted_down(running: Running) -> None:
    """By the job runner beside the server, while the server runs."""

    def ends() -> list[str]:
        return [
            end for line in running.logged() if "heads" in line for end in line["heads"].values()
        ]

    def noted() -> list[str]:
        said = json.loads((running.home / "log_heads.json").read_text())
        return [f"{head['number']}:{head['seal']}" for head in said.values()]

    wait_until(ends)  # The site's own making.
    before = len(ends())
    assert post(running)[0] == 201
    wait_until(lambda: len(ends()) > before)
    wait_until(lambda: noted() == ends()[-1:])
    assert "unbroken" in command(running.home, "verify")


def test_a_request_without_an_id_is_given_one(running: Running) -> None:
    running.get("/healthz")
    running.get("/healthz", **{"X-Request-Id": 'bad"id'})
    ids = [e["request_id"] for e in running.logged() if e.get("route") == "/healthz"]
    assert all(len(i) == 16 for i in ids)
    assert len(set(ids)) == len(ids)


def test_a_job_runner_that_ends_is_started_again(running: Running) -> None:
    wait_until(lambda: children_called(running.process.pid, "jobs"))
    (first,) = children_called(running.process.pid, "jobs")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: set(children_called(running.process.pid, "jobs")) - {first})
    assert len(children_called(running.process.pid, "jobs")) == 1
    said = [e for e in running.logged() if e["event"] == "companion ended"]
    assert said[-1].items() >= {"companion": "jobs", "status": -9, "level": "warning"}.items()


def is_well(running: Running) -> bool:
    """Each worker listens by itself: until the others do, nobody answers for the one that ended."""
    try:
        return running.get("/healthz")[0] == 200
    except OSError:
        return False


def test_a_worker_that_ends_is_started_again(running: Running) -> None:
    wait_until(lambda: children_called(running.process.pid, "jobs"))
    jobs = set(children_called(running.process.pid, "jobs"))

    def workers() -> set[int]:
        return descendants(running.process.pid) - jobs

    def cores() -> list[int]:
        return sorted(core for pid in workers() for core in os.sched_getaffinity(pid))

    before, given = workers(), cores()
    assert len(before) == 2
    wanted = cores_for(2, os.sched_getaffinity(0)) or 2 * [*os.sched_getaffinity(0)]
    assert given == sorted(wanted)
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: len(workers()) == 2 and workers() != before)
    wait_until(lambda: all(is_well(running) for _ in range(8)))
    assert cores() == given


def test_a_crash_is_logged_in_one_line_without_what_was_written(running: Running) -> None:
    database = sqlite3.connect(running.home / "comments.db")
    (policy,) = database.execute("SELECT policy FROM site").fetchone()
    database.execute("UPDATE site SET policy = '{broken'")
    database.commit()
    status, told = post(running)
    database.execute("UPDATE site SET policy = ?", (policy,))
    database.commit()
    database.close()
    assert status == 500
    assert "broken" not in told.decode()
    (crash,) = [e for e in running.logged() if e["event"] == "crash"]
    assert crash["request_id"] == "request-of-the-test"
    assert "Traceback" in crash["exception"]
    assert_silent_about_readers(running)


def test_a_database_that_fails_is_logged_without_what_was_written(running: Running) -> None:
    database = sqlite3.connect(running.home / "comments.db")
    database.execute("ALTER TABLE verdict RENAME TO verdict_away")
    database.execute("ALTER TABLE comment RENAME TO comment_away")
    status, _ = post(running)
    database.execute("ALTER TABLE comment_away RENAME TO comment")
    database.execute("ALTER TABLE verdict_away RENAME TO verdict")
    database.close()
    assert status == 503
    (away,) = [e for e in running.logged() if e["event"] == "unavailable"]
    assert "no such table" in away["cause"]
    assert_silent_about_readers(running)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind(how: signal.Signals, home: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    folder = tmp_path / "temporary"
    folder.mkdir()
    _, served = run(home, log, TMPDIR=str(folder))
    with served as process:
        wait_until(lambda: children_called(process.pid, "jobs"))
        started = descendants(process.pid)
        assert len(started) >= 3, "the job runner and two workers"
        process.send_signal(how)
        process.wait(SOON)
        wait_until(lambda: not alive(started))
    if how is not signal.SIGKILL:
        assert process.returncode == 0
        assert log.read_text() == "", "a start and an end that went well say nothing"
        assert list(folder.iterdir()) == []


def test_jobs_alone_run_until_they_are_told(home: Path, tmp_path: Path) -> None:
    command(home, "jobs", "--once")  # What waits for its seal would be told in the log.
    database = sqlite3.connect(home / "comments.db")
    database.execute("DELETE FROM lease")
    database.commit()
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*COMMAND, "jobs"],
            env=clean_environment() | {"COMMENTS_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stderr=output,
        )
    wait_until(lambda: database.execute("SELECT count(*) FROM lease").fetchone() == (1,))
    assert process.poll() is None, "an empty standard input does not end it"
    process.terminate()
    assert process.wait(SOON) == 0
    assert database.execute("SELECT count(*) FROM lease").fetchone() == (0,)
    database.close()
    assert all('"log sealed"' in line for line in log.read_text().splitlines())


def test_the_demo_serves_the_paper_from_another_origin(tmp_path: Path) -> None:
    home = tmp_path / "instance"
    port = free_ports(2)
    url = f"http://127.0.0.1:{port}"
    paper = f"http://127.0.0.1:{port + 1}"
    words = [*COMMAND, "demo", "--port", str(port)]
    log = tmp_path / "log"
    with serve(words, {"COMMENTS_HOME": str(home)}, f"{url}/demo/", log) as process:
        with urllib.request.urlopen(f"{url}/demo/", timeout=10) as answer:
            assert answer.url == f"{paper}/demo/", "/demo/ leads to the paper"
            assert b"data-comment-count" in answer.read()
        with urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer:
            assert answer.status == 200
        started = descendants(process.pid)
    said = log.read_text()
    assert f"{paper}/demo/" in said
    assert f"{url}/moderate/" in said
    assert "editor@gazette.example" in said
    assert json.loads(command(home, "site", "show", "gazette"))["origins"] == [
        paper,
        f"http://localhost:{port + 1}",
    ]
    wait_until(lambda: not alive(started))
