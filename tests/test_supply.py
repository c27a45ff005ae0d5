"""What a deployment installs: locked to the byte, and the same that the tests ran with."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parent.parent
LOCK: Final = (ROOT / "requirements.lock").read_text()
LOCKED: Final = {
    canonicalize_name(name): version
    for name, version in re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", LOCK, re.MULTILINE)
}
RENEW: Final = "run `make lock`"


def needed(name: str, extras: frozenset[str], seen: set[str]) -> Iterator[str]:
    """The names of all packages that a package needs on this machine, near and far."""
    for text in requires(name) or ():
        one = Requirement(text)
        wanted = one.marker is None or any(
            one.marker.evaluate({"extra": extra}) for extra in {"", *extras}
        )
        found = canonicalize_name(one.name)
        if wanted and found not in seen:
            seen.add(found)
            yield found
            yield from needed(found, frozenset(one.extras), seen)


def test_everything_the_service_needs_is_locked() -> None:
    missing = set(needed("comments-service", frozenset(), set())) - LOCKED.keys()
    assert missing == set(), RENEW


def test_the_versions_are_those_the_tests_ran_with() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    tested = dict(line.split("==") for line in lines if "==" in line)
    tested = {canonicalize_name(name): version for name, version in tested.items()}
    other = {n: v for n, v in LOCKED.items() if n in tested and tested[n] != v}
    assert other == {}, RENEW


def test_the_floors_of_the_project_hold() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for one in map(Requirement, project["dependencies"]):
        version = LOCKED.get(canonicalize_name(one.name))
        assert version is not None, f"{one.name}: {RENEW}"
        assert version in one.specifier, f"{one.name}: {RENEW}"


def test_every_file_has_its_hash_and_comes_from_wherever_pip_is_told() -> None:
    parts = re.split(r"^(?=\w)", LOCK, flags=re.MULTILINE)[1:]
    assert len(parts) == len(LOCKED) > 20
    assert [part.split()[0] for part in parts if "--hash=sha256:" not in part] == []
    assert "://" not in LOCK
