"""`privacy erase`: it asks, it erases everything of one person, and it says how much."""

from flask import Flask

from tests.cli.conftest import CommandLine, Publisher


def test_a_person_is_erased_and_the_rest_adds_up(
    publisher: Publisher, service: Flask, comments_service: CommandLine
) -> None:
    one = publisher.post("My number is 555-0100.", author_name="Grace")
    other = publisher.post("The bridge is open again.", author_name="Linus")
    comments_service("jobs", "--once")
    said = comments_service("privacy", "erase", one["id"], "--yes")
    assert (said.status, said.out) == (0, "Erased: 1 comments.\n")
    assert comments_service("verify").status == 0
    assert publisher.count() == 1
    read = publisher.client.get(f"/api/v1/comments/{other['id']}")
    assert read.status_code == 200


def test_nothing_is_erased_unasked(publisher: Publisher, comments_service: CommandLine) -> None:
    one = publisher.post("My number is 555-0100.", author_name="Grace")
    assert comments_service("privacy", "erase", one["id"]).status == 130
    assert publisher.count() == 1


def test_whoever_wrote_nothing_is_not_found(
    instance: object, comments_service: CommandLine
) -> None:
    for word in ("0" * 13, "nonsense"):
        assert comments_service("privacy", "erase", word, "--yes").status == 2
