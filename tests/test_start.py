"""What a process loads at its start: only what the first answers need."""

import json
import subprocess
import sys
from typing import Final

import pytest

LATER: Final = (
    "alembic",
    "cryptography",
    "flask_migrate",
    "mako",
    "psycopg",
    "pyotp",
    "segno",
    "webauthn",
)
"""What few processes ever need, or only after their first answer."""


def loaded_after(code: str) -> set[str]:
    """The packages that a fresh interpreter has loaded once it has run this."""
    told = (
        "import json, sys\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{told}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "module",
    ["comments_service.app", "comments_service.cli.readying", "comments_service.cli.running"],
)
def test_importing_loads_nothing_that_is_needed_later(module: str) -> None:
    """What servers import; what `run` loads for its workers; the job runner."""
    loaded = loaded_after(f"import {module}")
    assert "flask" in loaded, "this would see what is loaded"
    assert loaded.isdisjoint(LATER)


def test_commands_load_nothing_before_they_are_asked_for() -> None:
    """`run` must name the metrics' folder before the metrics library is loaded."""
    loaded = loaded_after("import comments_service.cli.serving")
    assert "granian" in loaded
    assert loaded.isdisjoint({*LATER, "flask", "numpy", "prometheus_client"})
