"""What the documentation promises exists, and what exists is documented.

Each setting, check, command and public route has a heading of its own, with its name in backquotes;
the names come out of the code, so that a new one fails here until it is explained.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from comments_service import checks
from comments_service.cli import cli
from comments_service.config import PREFIX, VARIABLES
from comments_service.web.access import Access, access_of

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


def headings(page: str) -> set[str]:
    """What stands in backquotes in the headings of a page."""
    lines = re.findall(r"^#{2,} .*$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    return {name for line in lines for name in re.findall(r"`([^`]+)`", line)}


def test_every_setting_has_its_heading_and_no_other_has() -> None:
    assert headings("configure.md") == {PREFIX + name for name in VARIABLES}


def test_every_check_has_its_heading_and_no_other_has() -> None:
    assert headings("checks.md") == set(checks.discover())


def commands(group: click.Group, name: str) -> Iterator[str]:
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")
        elif not command.hidden:
            yield f"{name} {word}"


def test_every_command_has_its_heading() -> None:
    named = {name for name in headings("operate.md") if name.startswith("comments-service ")}
    assert named == set(commands(cli, "comments-service"))


def routes(app: Flask) -> Iterator[str]:
    """`GET /api/v1/comments/ID`: what programs and pages may call, and no page of the console."""
    for rule in app.url_map.iter_rules():
        if access_of(app.view_functions[rule.endpoint]) in (Access.CONSOLE, Access.FORM):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield f"{method} {re.sub('<[^>]+>', 'ID', rule.rule)}"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_public_route_has_its_heading_and_no_other_has(app: Flask) -> None:
    assert headings("api.md") == set(routes(app))


def test_decisions_are_numbered_without_a_gap_and_say_their_number() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    titles = [page.read_text("utf-8").partition("\n")[0] for page in pages]
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    assert [title.partition(". ")[0] for title in titles] == [
        f"# {number}" for number in range(1, len(pages) + 1)
    ]
