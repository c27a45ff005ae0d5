"""The wheel carries all that the service reads at run time, and serves in an empty environment."""

import subprocess
import sys
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.server import clean_environment, free_ports, serve

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip(Path(sys.executable), "wheel", ROOT, "--no-deps", "--wheel-dir", folder)
    (built,) = folder.glob("*.whl")
    return built


def pip(python: Path, *words: str | Path) -> None:
    run(python, "-m", "pip", "--quiet", "--disable-pip-version-check", *words)


def run(*words: str | Path, **settings: str) -> None:
    done = subprocess.run(
        [str(word) for word in words],
        env=clean_environment() | settings,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def files(folder: Path, pattern: str = "*") -> set[str]:
    """Paths under `folder`, as far as they belong to the source."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }


@pytest.mark.parametrize("folder", ["templates", "migrations"])
def test_what_stands_beside_the_package_travels_inside_it(wheel: Path, folder: str) -> None:
    expected = {f"comments_service/{folder}/{name}" for name in files(ROOT / folder)}
    assert expected
    assert expected <= set(zipfile.ZipFile(wheel).namelist())


def test_everything_in_the_package_travels(wheel: Path) -> None:
    expected = {f"comments_service/{name}" for name in files(ROOT / "comments_service")}
    assert any(name.startswith("comments_service/static/") for name in expected)
    assert expected <= set(zipfile.ZipFile(wheel).namelist())


def test_nothing_else_travels(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"comments_service"}


def test_the_wheel_serves_from_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    bin_folder = tmp_path / "venv" / "bin"
    constraints = ROOT / "constraints.txt"
    pip(bin_folder / "python", "install", "--constraint", constraints, wheel)
    command = bin_folder / "comments-service"
    home = str(tmp_path / "home")
    run(command, "init", COMMENTS_HOME=home)
    origin = "https://gazette.example"
    run(
        command,
        *("site", "create", "gazette", "--name", "Gazette", "--origin", origin),
        COMMENTS_HOME=home,
    )
    service = f"http://127.0.0.1:{(port := free_ports())}"
    with serve(
        [command, "run", "--host", "127.0.0.1", "--port", str(port)],
        {"COMMENTS_HOME": home},
        f"{service}/healthz",
        tmp_path / "log",
    ):
        # A template, a script, and the database that the migrations made.
        assert b"<h" in fetch(f"{service}/embed/thread?site=gazette&url={origin}/a")
        assert b"attachShadow" in fetch(f"{service}/embed.js")
        assert b'"count":0' in fetch(f"{service}/api/v1/counts?site=gazette&url={origin}/a")


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body
