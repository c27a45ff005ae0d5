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
    "markdown_it",
    "numpy",
    "psycopg",
    "pyotp",
    "segno",
    "sqlalchemy.dialects.postgresql",
    "webauthn",
)
"""What few processes ever need, or only after their first answer."""


def loaded_after(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded once it has run this."""
    told = "import json, sys\nprint(json.dumps([n for n, m in sys.modules.items() if m]))"
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


def test_a_command_does_not_load_what_its_logs_do_not_use() -> None:
    command = (
        "import contextlib, io, sys\nfrom comments_service import cli\n"
        "sys.argv[1:] = ['--version']\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    cli.main()\n"
        "import comments_service.cli.serving"
    )
    loaded = loaded_after(command)
    assert "structlog" in loaded
    assert "rich" not in loaded


def test_the_database_is_asked_before_the_doors_are_loaded() -> None:
    loaded = loaded_after("import comments_service.cli.database")
    assert "flask_sqlalchemy" in loaded
    assert not any(name.startswith("comments_service.web") for name in loaded)


def test_the_arrays_are_there_as_soon_as_somebody_uses_them() -> None:
    first = "from comments_service.text.arrays import load_arrays, np\n"
    assert "numpy" not in loaded_after(first)
    assert "numpy" in loaded_after(first + "np.zeros(3, np.uint32)")
    assert "numpy" in loaded_after(first + "load_arrays()")


def test_commands_load_nothing_before_they_are_asked_for() -> None:
    """`run` must name the metrics' folder before the metrics library is loaded."""
    loaded = loaded_after("import comments_service.cli.serving")
    assert "granian" in loaded
    assert loaded.isdisjoint({*LATER, "flask", "numpy", "prometheus_client"})
