"""Promise 18: with a secret that others may know nothing starts; what starts opens one port."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from secrets import token_urlsafe
from typing import Final

import pytest

from tests.promises.outages import COMMAND, Service, command, running, wait_until
from tests.support.server import clean_environment, free_ports
from tests.support.sockets import TABLES, port_of, rows, sockets_of

ROOT: Final = Path(__file__).parents[2]
LISTENS: Final = "0A"
"""The state of a listening socket in `/proc/net/tcp`."""
LOOPBACK: Final = "0100007F"
SERVING: Final = (["run", "--port"], ["demo", "--port"], ["jobs", "--once"])
REFUSED: Final = {
    "missing": None,
    "empty": "",
    "short": "9Zk2nQ7s",
    "well known, short": "changeme",
    "well known, short too": "dev",
    "well known": "changeme-changeme-0123456789-changeme",
    "well known, in capitals": "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET",
    "well known, marked": "django-insecure-3v#k0^x!8q@zj7w$2m5c9r1t",
    "one letter": "a" * 64,
    "repeated": "Zq3_Hn5RtK8w" * 4,
    "counted": "abcdefghijklmnopqrstuvwxyz0123456789",
    "published by Flask": "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    "published by FastAPI": "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "published by us": "for-tests-only-and-of-no-worth-anywhere-else",
}
"""Secrets that are none."""


def printed() -> set[str]:
    """Every key that this project's own pages and files show in an example."""
    files = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*")]
    found = set()
    for file in files:
        if file.is_file():
            found |= set(re.findall(r'COMMENTS_SECRET_KEYS="([^"$]+)"', file.read_text()))
    return found


def refusal(words: list[str], key: str | None, home: Path, database: str | None = None) -> str:
    """What a command says that does not start, without having opened or made anything."""
    if words[-1] == "--port":
        words = [*words, str(free_ports(2))]
    env = clean_environment() | {"COMMENTS_HOME": str(home)}
    if database is not None:
        env["COMMENTS_DATABASE_URL"] = database
    if key is not None:
        env["COMMENTS_SECRET_KEYS"] = key
    done = subprocess.run(
        [*COMMAND, *words], env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert not home.exists() or not list(home.iterdir())
    return done.stderr


@pytest.mark.parametrize("name", REFUSED)
def test_promise_18_with_a_secret_that_is_none_nothing_runs(name: str, tmp_path: Path) -> None:
    said = refusal(["run", "--port"], REFUSED[name], tmp_path / "instance")
    assert "secret key" in said
    assert "comments-service init" in said or "token_urlsafe(32)" in said


@pytest.mark.parametrize("words", SERVING[1:], ids=" ".join)
def test_promise_18_nor_does_any_other_command_that_serves(
    words: list[str], tmp_path: Path
) -> None:
    assert "secret key" in refusal(words, REFUSED["well known"], tmp_path / "instance")


@pytest.mark.parametrize("words", [["init"], *SERVING], ids=" ".join)
def test_promise_18_with_another_nodes_secret_nothing_runs(
    words: list[str], database_url: str, tmp_path: Path
) -> None:
    """Nor with one that was made just now, on an empty disk."""
    node = {"COMMENTS_DATABASE_URL": database_url, "COMMENTS_SECRET_KEYS": token_urlsafe(32)}
    command({**node, "COMMENTS_HOME": str(tmp_path / "node")}, "init")
    said = refusal(words, token_urlsafe(32), tmp_path / "other", database_url)
    assert "used with other secret keys" in said
    assert "comments-service keys adopt" in said
    if words[0] in ("init", "demo"):
        said = refusal(words, None, tmp_path / "new", database_url)
        assert "used with other secret keys" in said


def test_promise_18_what_our_pages_print_is_no_secret(tmp_path: Path) -> None:
    shown = printed()
    assert shown
    for key in shown:
        assert "secret key" in refusal(["run", "--port"], key, tmp_path / "instance")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("safe")
    with running({"COMMENTS_HOME": str(folder / "instance")}, folder / "log") as made:
        yield made


def family(process: int) -> set[int]:
    """A process and all that came from it."""
    found, new = set(), {process}
    while new:
        found |= new
        tasks = [Path(f"/proc/{pid}/task").glob("*/children") for pid in new]
        new = {int(pid) for files in tasks for file in files for pid in file.read_text().split()}
    return found


def listening(process: int) -> set[tuple[str, int]]:
    """Addresses in the kernel's own form, and ports, on which a family of processes listens."""
    mine = set().union(*(sockets_of(pid) for pid in family(process)))
    places = set()
    for table in TABLES:
        for row in rows(table):
            if row[3] == LISTENS and row[9] in mine:
                places.add((row[1].rpartition(":")[0], port_of(row[1])))
    return places


@pytest.mark.slow
def test_promise_18_one_port_listens_and_on_loopback_alone(service: Service) -> None:
    port = int(service.url.rpartition(":")[2])
    wait_until(lambda: len(family(service.process.pid)) > 3, "server, two workers, job runner")
    assert listening(service.process.pid) == {(LOOPBACK, port)}


@pytest.mark.slow
def test_promise_18_there_is_no_demo(service: Service) -> None:
    assert service.call("GET", "/demo/").status == 404
