"""Many at once in a process that has just started: nobody's first use of anything ends it."""

import subprocess
import sys
from pathlib import Path
from typing import Final

FIRST_USES: Final = """
import sys, threading
import msgspec
from comments_service.app import DOORS
from comments_service.checks import discover
from comments_service.domain.policy import Policy
from comments_service.storage.queries.sites import decode_policy
from comments_service.web.console_trial import _Carried

operations = [operation for door in DOORS for operation in door.operations]
shapes = {shape for o in operations for shape in (o.query, o.body) if shape}
shapes |= {check.settings_type for check in discover().values()} | {Policy, _Carried}
assert len(shapes) > 20
everybody = threading.Barrier(8)

def use() -> None:
    for shape in shapes:
        everybody.wait(60)
        try:
            msgspec.convert({}, shape)
        except msgspec.ValidationError:
            pass  # Something is missing; what counts is that it was looked at.

sys.setswitchinterval(1e-7)
threads = [threading.Thread(target=use) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
"""Eight threads that all read into a type for the first time, type by type: where none had been
looked at before they began, msgspec 0.22 ended this with a segmentation fault six times of six."""


def test_many_first_requests_at_once_end_no_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_USES],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
