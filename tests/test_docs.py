"""What the documentation promises exists, and what exists is documented."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def ids(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text())
    assert [t for t in targets if not (page.parent / t).exists()] == []


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text()
    gates = re.findall(r"^GATES := (.*)$", makefile, re.MULTILINE)
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) | set(gates[0].split())


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_make_target_named_exists(page: Path) -> None:
    spans = re.findall(r"(?:^|`)make ((?:[a-z-]+(?=[ `\n]) ?)+)", page.read_text(), re.MULTILINE)
    named = {word for span in spans for word in span.split()}
    assert named <= make_targets()


def test_the_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert {"make run", "make test"} <= set(readme.splitlines())
