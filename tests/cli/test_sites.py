"""Sites from the command line, on both databases."""

import json

import pytest

from tests.cli.conftest import CommandLine, Publisher


def test_a_site_is_made_and_shown(gazette: str, comments_service: CommandLine) -> None:
    said = comments_service("site", "show", gazette)
    assert said.status == 0
    assert json.loads(said.out) == {
        "slug": "gazette",
        "name": "The Gazette",
        "origins": ["https://gazette.example"],
        "mode": "post",
        "asks_to_reword": False,
        "flood_addresses": 60,
        "forget_days": 0,
        "checks": {},
    }


def test_making_a_site_says_how_to_embed_it(
    instance: object, comments_service: CommandLine
) -> None:
    origin = ("--origin", "https://herald.example")
    said = comments_service("site", "create", "herald", "--name", "The Herald", *origin)
    assert said.status == 0
    assert '<div id="comments" data-site="herald"></div>' in said.out
    shown = json.loads(comments_service("site", "show", "herald").out)
    assert shown["mode"] == "first", "strangers wait unless somebody wants otherwise"


@pytest.mark.parametrize(
    ("slug", "name", "origin", "told"),
    [
        ("Gazette!", "x", "https://a.example", "slug: A slug has"),
        ("x", " ", "https://a.example", "name: A name has"),
        ("x", "x", "a.example", "origins: 'a.example': An origin begins with its scheme"),
        ("x", "x", "https://a.example/page", "here that is https://a.example"),
        ("x", "x", "https://*.example", "list every host"),
        ("gazette", "x", "https://a.example", "slug: There is a site gazette already."),
    ],
)
def test_a_site_that_cannot_be_is_refused_by_field(
    *, slug: str, name: str, origin: str, told: str, gazette: str, comments_service: CommandLine
) -> None:
    said = comments_service("site", "create", slug, "--name", name, "--origin", origin)
    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert len(comments_service("site", "list").lines) == 1


def test_every_field_at_fault_is_named(instance: object, comments_service: CommandLine) -> None:
    said = comments_service("site", "create", "A!", "--name", "", "--origin", "nonsense")
    assert [line.split(":")[1].strip() for line in said.err.splitlines()] == [
        "slug",
        "name",
        "origins",
    ]


def test_sites_are_listed_in_the_order_they_were_made(
    gazette: str, comments_service: CommandLine
) -> None:
    for origin in ("https://b.example", "https://a.example"):
        slug = origin[8]
        comments_service("site", "create", slug, "--name", slug.upper(), "--origin", origin)
    assert comments_service("site", "list").lines == [
        "gazette\tpost\tThe Gazette\thttps://gazette.example",
        "b\tfirst\tB\thttps://b.example",
        "a\tfirst\tA\thttps://a.example",
    ]


def test_what_is_named_changes_and_the_rest_stays(
    gazette: str, comments_service: CommandLine
) -> None:
    said = comments_service(
        *("site", "set", gazette, "--mode", "pre"),
        *("--check", "shouting=off", "--check", "links=shadow", "--reword"),
    )
    assert said.status == 0, said.err
    assert json.loads(comments_service("site", "show", gazette).out) == {
        "slug": "gazette",
        "name": "The Gazette",
        "origins": ["https://gazette.example"],
        "mode": "pre",
        "asks_to_reword": True,
        "flood_addresses": 60,
        "forget_days": 0,
        "checks": {
            "links": {"mode": "shadow", "settings": {}},
            "shouting": {"mode": "off", "settings": {}},
        },
    }
    assert comments_service("site", "set", gazette, "--no-reword").status == 0
    assert json.loads(comments_service("site", "show", gazette).out)["asks_to_reword"] is False


def test_settings_of_checks_change_one_by_one_and_go_back(
    gazette: str, comments_service: CommandLine
) -> None:
    def settings() -> dict[str, object]:
        checks = json.loads(comments_service("site", "show", gazette).out)["checks"]
        return {name: used["settings"] for name, used in checks.items()}

    titles = ("--setting", 'names.titles=["captain", "Kapitän"]')
    told = comments_service("site", "set", gazette, "--setting", "links.max=2", *titles)
    assert told.status == 0, told.err
    assert settings() == {"links": {"max": 2}, "names": {"titles": ["captain", "Kapitän"]}}
    off = ("--setting", "names.site_name=false", "--setting", "links.max=null")
    assert comments_service("site", "set", gazette, *off).status == 0
    assert settings() == {
        "links": {},
        "names": {"titles": ["captain", "Kapitän"], "site_name": False},
    }


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "Say what to change"),
        (["--check", "shouting"], "write CHECK=on"),
        (["--check", "shouting=loud"], "write CHECK=on"),
        (["--check", "nope=on"], "There is no check 'nope'"),
        (["--setting", "links.max"], "write CHECK.NAME=VALUE"),
        (["--setting", "links.max=many"], "write CHECK.NAME=VALUE"),
        (["--setting", "links.max=-1"], "links.max"),
        (
            ["--setting", "spam.suspect=0.99"],
            "spam.suspect: suspect (0.99) cannot be above bad (0.9)",
        ),
        (["--setting", "links.most=2"], "links has no such setting"),
        (["--setting", "nope.max=2"], "There is no check 'nope'"),
        (["--setting", 'names.titles=["*admin*"]'], "without a star"),
        (["--mode", "never"], "'--mode'"),
        (["--origin", "null"], "The origin null"),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(
    options: list[str], told: str, gazette: str, comments_service: CommandLine
) -> None:
    before = comments_service("site", "show", gazette).out
    said = comments_service("site", "set", gazette, *options)
    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert comments_service("site", "show", gazette).out == before


def test_setting_what_is_set_already_is_said(gazette: str, comments_service: CommandLine) -> None:
    said = comments_service("site", "set", gazette, "--mode", "post")
    assert (said.status, said.out) == (0, "Site gazette was so already.\n")


@pytest.mark.parametrize("words", [["show"], ["set", "--mode", "pre"], ["delete", "--yes"]])
def test_a_site_that_is_not_there_is_named(
    words: list[str], instance: object, comments_service: CommandLine
) -> None:
    said = comments_service("site", words[0], "nowhere", *words[1:])
    assert (said.status, said.out) == (2, "")
    assert "no such site: nowhere" in said.err
    assert "comments-service site list" in said.err


@pytest.mark.parametrize("typed", [b"", b"n\n"])
def test_a_site_is_not_deleted_unless_somebody_says_so(
    typed: bytes, gazette: str, comments_service: CommandLine
) -> None:
    said = comments_service("site", "delete", gazette, typed=typed)
    assert said.status == 2
    assert "--yes" in said.err
    assert comments_service("site", "show", gazette).status == 0


@pytest.mark.parametrize(("options", "typed"), [((), b"y\n"), (("--yes",), b"")])
def test_a_deleted_site_takes_everything_of_its_own_with_it(
    options: tuple[str, ...], typed: bytes, publisher: Publisher, comments_service: CommandLine
) -> None:
    parent = publisher.post("One of two.")
    publisher.post("Two of two.", parent_id=parent["id"])
    assert publisher.count() == 2
    said = comments_service("site", "delete", "gazette", *options, typed=typed)
    assert said.status == 0, said.err
    assert comments_service("site", "list").lines == []
    assert comments_service("token", "list").lines == []
    assert comments_service("verify").status == 0, "no count is left behind"
