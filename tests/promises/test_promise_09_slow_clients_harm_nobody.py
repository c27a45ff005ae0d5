"""Promise 9: whoever sends slowly keeps no reader waiting."""

import sys
import time
from pathlib import Path

import pytest

from tests.promises.outages import Service, running, wait_until
from tests.promises.slow_clients import SLOW, drip, slow_clients

READS = 40
"""In the short form; by each kind of slow client."""


def read_all(service: Service, number: int, *, page: str) -> list[float]:
    """Read that often, of what is known and of what is not; how many seconds each read took."""
    took = []
    for n in range(number):
        begun = time.perf_counter()
        assert service.read(page if n % 2 else f"{page}-{n}").status == 200
        took.append(time.perf_counter() - begun)
    return took


@pytest.mark.slow
def test_promise_09_slow_clients_harm_nobody(tmp_path: Path) -> None:
    """150 of each kind: every read is answered meanwhile, and when they are gone, a post is."""
    with running({"COMMENTS_HOME": str(tmp_path / "instance")}, tmp_path / "log") as service:
        assert service.post("before").status == 201
        for kind, sent in SLOW.items():
            with slow_clients(service, sent, 150) as clients:
                read_all(service, READS // 2, page=f"https://gazette.example/{len(kind)}")
                drip(clients)
                read_all(service, READS // 2, page=f"https://gazette.example/{len(kind)}")
            # Their places are free once the server has seen that they are gone.
            wait_until(lambda: service.post(f"after {kind}").status == 201, kind)  # noqa: B023 - waited for here.


@pytest.mark.long
@pytest.mark.parametrize("kind", SLOW)
def test_promise_09_a_thousand_slow_clients(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A thousand of each kind for a while; what reads took meanwhile is printed."""
    with running({"COMMENTS_HOME": str(tmp_path / "instance")}, tmp_path / "log") as service:
        service.post("before")
        took = []
        with slow_clients(service, SLOW[kind], 1_000) as clients:
            for n in range(10):
                took += read_all(service, 100, page=f"https://gazette.example/{n}")
                drip(clients)
        took.sort()
        median, p99 = (1_000 * took[int(len(took) * part)] for part in (0.5, 0.99))
        with capsys.disabled():
            sys.stdout.write(f"\n{kind}: median {median:.1f} ms, p99 {p99:.1f} ms\n")
        assert p99 < 500
