"""One instance served by several processes that have nothing in common but its database."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.instance import Instance
from tests.support.launchpad import launchpad
from tests.support.line import Line
from tests.support.server import free_ports


@contextmanager
def served(
    under_test: Instance, processes: int, folder: Path, **settings: str
) -> Iterator[list[int]]:
    """The ports of so many servers, each with one worker of its own, with settings on top."""
    with ExitStack() as stack:
        pad = stack.enter_context(launchpad(folder))
        ports = []
        for number in range(processes):
            port = free_ports()
            words = ["run", "--port", str(port), "--workers", "1"]
            env = {**under_test.env, **settings}
            server = pad.start(words, env, folder / f"log-{number}")
            stack.callback(server.kill)
            line = Line(port)
            status, said, _ = line.insist("GET", "/readyz")
            line.close()
            assert status == 200, said
            ports.append(port)
        yield ports
