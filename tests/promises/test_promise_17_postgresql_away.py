"""Promise 17 on PostgreSQL: its server stops, dies, falls silent, takes no writes, and comes back.

All the while readers write, each repeating what was not acknowledged under the same key. The same
two workers see all of it, one outage after the other.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.fake_service import publisher
from tests.promises.outages import SOON, Service, command, running, wait_until
from tests.support.cluster import Server, own_server

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
WRITERS: Final = 3
PROMISED: Final = 5.0
"""Seconds after which all is as before; asked for where nothing else keeps the machine busy."""


@dataclass(frozen=True)
class Outage:
    """What is done to the server and undone; `reading` says whether it still tells what it has."""

    begin: Callable[[Server], object]
    end: Callable[[Server], object]
    reading: bool = False


def _restart(server: Server) -> None:
    server.stop()
    server.start()


def _turn_away(server: Server) -> None:
    """As one that was started without the network's leave, or for maintenance."""
    server.run("ALTER DATABASE comments ALLOW_CONNECTIONS false")
    # Again and again: who was on the way in is not among the first.
    there = "FROM pg_stat_activity WHERE datname = 'comments'"
    wait_until(lambda: not server.run(f"SELECT pg_terminate_backend(pid) {there}"), "they stay")


OUTAGES: Final = {
    "stopped": Outage(Server.stop, Server.start),
    "killed": Outage(Server.kill, Server.start),
    "silent": Outage(Server.freeze, Server.thaw),
    "closed": Outage(
        _turn_away, lambda server: server.run("ALTER DATABASE comments ALLOW_CONNECTIONS true")
    ),
    "read-only": Outage(
        lambda server: server.set(default_transaction_read_only="on"),
        lambda server: server.set(default_transaction_read_only="off"),
        reading=True,
    ),
}
each_outage = pytest.mark.parametrize("name", OUTAGES)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_server() as found:
        yield found


@pytest.fixture(scope="module")
def environment(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {
        "COMMENTS_HOME": str(tmp_path_factory.mktemp("away")),
        "COMMENTS_DATABASE_URL": server.url("comments"),
    }


@pytest.fixture(scope="module")
def everywhere(environment: dict[str, str]) -> Iterator[Service]:
    with running(environment, Path(environment["COMMENTS_HOME"]) / "log") as service:
        yield service


@contextmanager
def writers(service: Service) -> Iterator[None]:
    """Some who write all the time, and repeat under its key whatever was not acknowledged."""
    stop = threading.Event()

    def write(name: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            # Also at the end: what was begun is brought to its end.
            wait_until(lambda: acknowledged(service, f"w{name}-{number}"), "it was never taken")  # noqa: B023

    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(write, name) for name in range(WRITERS)]
        try:
            yield
        finally:
            stop.set()
        for each in writing:
            each.result()


def acknowledged(service: Service, key: str) -> bool:
    """Whether a comment is acknowledged; else it is refused as it should be."""
    answer = service.post(key)
    if answer.status in (201, 202):
        return True
    assert answer.status == 503, answer.said
    assert int(answer.headers["Retry-After"]) >= 1
    return False


def says_that_it_is_old(service: Service) -> bool:
    """Whether what is in memory is sent as what it is."""
    answer = service.read()
    assert answer.status == 200, answer.said
    return "Age" in answer.headers and "stale" in answer.headers["Warning"].lower()


def refused_as_unknown(service: Service) -> bool:
    """Whether a page that is not in memory is refused until later."""
    service.number += 1
    answer = service.read(f"{service.page}/unknown-{service.number}")
    if answer.status == 200:
        return False
    assert answer.status == 503, answer.said
    assert int(answer.headers["Retry-After"]) >= 1
    return True


def suffer(server: Server, service: Service, outage: Outage, healed_within: float) -> None:
    """One outage from beginning to end."""
    for number in range(3):
        assert acknowledged(service, f"before-{number}")
    # What a writer changed last is in no memory: what is looked at is a page that nobody changes.
    quiet = service.on(f"{service.page.rpartition('/')[2]}-quiet")
    assert acknowledged(quiet, "before")
    workers = quiet.come_to_be_known()
    with writers(service):
        wait_until(lambda: len(service.kept) > 3 + WRITERS, "nobody writes")
        outage.begin(server)
        try:
            see(service, quiet, outage)
        finally:
            outage.end(server)
        wait_until(lambda: acknowledged(service, "after"), "writing did not heal", healed_within)
        wait_until(lambda: is_ready(service), "it is not ready again", healed_within)
    wait_until(service.shows_what_it_kept, "what is kept is not shown", healed_within)
    assert service.workers() >= workers, "it was restarted"


def see(service: Service, quiet: Service, outage: Outage) -> None:
    """What is answered meanwhile."""
    wait_until(lambda: not acknowledged(service, f"during-{service.number}"), "it never refused")
    assert service.call("GET", "/healthz").status == 200
    if outage.reading:
        assert not refused_as_unknown(service)
        assert is_ready(service)
        return
    wait_until(lambda: says_that_it_is_old(quiet), "it does not say how old it is")
    wait_until(lambda: refused_as_unknown(service), "it answers what it cannot know")
    for number in range(4):
        assert not acknowledged(service, f"lost-{number}")
        assert says_that_it_is_old(quiet)
        assert refused_as_unknown(service)
    assert not is_ready(service)


def is_ready(service: Service) -> bool:
    return service.call("GET", "/readyz").status == 200


@each_outage
def test_promise_17_postgresql_comes_back_and_all_heals(
    name: str, server: Server, everywhere: Service
) -> None:
    suffer(server, everywhere.on(name), OUTAGES[name], SOON)


@pytest.mark.long
@each_outage
def test_promise_17_postgresql_comes_back_and_all_heals_within_five_seconds(
    name: str, server: Server, everywhere: Service
) -> None:
    for number in range(3):
        suffer(server, everywhere.on(f"{name}-{number}"), OUTAGES[name], PROMISED)


def test_promise_17_a_restart_loses_nothing(server: Server, everywhere: Service) -> None:
    service = everywhere.on("restarts")
    workers = service.settled_workers()
    with writers(service):
        for number in range(3):
            _restart(server)
            wait_until(lambda: acknowledged(service, f"after-{number}"), "writing did not heal")  # noqa: B023
    wait_until(service.shows_what_it_kept, "what is kept is not shown")
    assert service.workers() >= workers, "it was restarted"


def test_promise_17_silence_keeps_no_reader_from_what_is_known(
    server: Server, everywhere: Service
) -> None:
    """More writers than a worker has threads: those that wait in vain must not be all there are."""
    service = everywhere.on("crowded")
    assert acknowledged(service, "before")
    service.come_to_be_known()
    server.freeze()
    try:
        with ThreadPoolExecutor(40) as pool:
            said = [pool.submit(acknowledged, service, f"crowd-{n}") for n in range(40)]
            wait_until(lambda: says_that_it_is_old(service), "readers wait with the writers")
            assert not any(each.result() for each in said)
            # From now on nobody waits: what one found out is known to all.
            assert not any(pool.map(lambda n: acknowledged(service, f"crowd-{n}"), range(40)))
    finally:
        server.thaw()
    wait_until(lambda: acknowledged(service, "after"), "writing did not heal")
    for number in range(40):
        wait_until(lambda: acknowledged(service, f"crowd-{number}"), "writing did not heal")  # noqa: B023
    wait_until(service.shows_what_it_kept, "what is kept is not shown")


def test_promise_17_what_was_given_up_in_the_middle_is_there_once(
    server: Server, everywhere: Service
) -> None:
    """A lock holds writers inside their transaction while the server falls silent."""
    service = everywhere.on("in-the-middle")
    assert acknowledged(service, "before")
    with psycopg.connect(server.url("comments")) as other:
        other.execute("LOCK TABLE comment IN SHARE MODE")
        with ThreadPoolExecutor(4) as pool:
            said = [pool.submit(acknowledged, service, f"held-{n}") for n in range(4)]
            server.wait_for(
                "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'", (True,)
            )
            server.freeze()
            try:
                assert not any(each.result() for each in said)
            finally:
                server.thaw()
        other.rollback()
    for number in range(4):
        wait_until(lambda: acknowledged(service, f"held-{number}"), "writing did not heal")  # noqa: B023
    wait_until(service.shows_what_it_kept, "what is kept is not shown")


ARTICLE: Final = """<!doctype html><title>The night bus</title><h1>The night bus</h1>
<div id="comments" data-site="local"></div><script async src="{}/embed.js"></script>"""


@pytest.mark.browser
def test_promise_17_the_widget_keeps_the_text_and_sends_it_afterwards(
    server: Server, everywhere: Service, environment: dict[str, str], page: Page
) -> None:
    article = {"/article": (ARTICLE.format(everywhere.url), "")}
    with publisher(article) as origin:
        named = ("--name", "L", "--origin", origin, "--mode", "post")
        command(environment, "site", "create", "local", *named)
        page.goto(f"{origin}/article")
        page.get_by_label("Comment As").fill("Ida")
        page.get_by_label("Your comment").fill("Said into the silence.")
        server.freeze()
        try:
            page.get_by_role("button", name="Comment", exact=True).click()
            expect(page.get_by_text("Your text is safe; we keep trying.")).to_be_visible()
            expect(page.get_by_label("Your comment")).to_have_value("Said into the silence.")
        finally:
            server.thaw()
        said = page.get_by_role("article").filter(has_text="Said into the silence.")
        expect(said).to_be_visible(timeout=SOON * 1000)
        expect(page.get_by_label("Your comment")).to_have_value("")
        page.reload()
        expect(said).to_have_count(1)
        expect(page.get_by_role("heading", name="Comment (1)")).to_be_visible()
