"""`privacy`: what is kept of one person is told, or erased after asking; it says how much."""

import json

from flask import Flask

from tests.cli.conftest import CommandLine, Publisher

SAID = "Erased: 1 comments.\nCleaned: the database's files.\n"


def test_a_person_is_erased_and_the_rest_adds_up(
    publisher: Publisher, service: Flask, comments_service: CommandLine
) -> None:
    one = publisher.post("My number is 555-0100.", author_name="Grace")
    other = publisher.post("The bridge is open again.", author_name="Linus")
    comments_service("jobs", "--once")
    said = comments_service("privacy", "erase", one["id"], "--yes")
    assert (said.status, said.out) == (0, SAID)
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


def test_a_person_is_told_all_that_is_kept_of_them(
    publisher: Publisher, comments_service: CommandLine
) -> None:
    one = publisher.post("My number is 555-0100.", author_name="Grace", email="grace@example.org")
    publisher.post("The bridge is open again.", author_name="Linus")
    said = comments_service("privacy", "export", one["id"])
    assert said.status == 0, said.err
    told = json.loads(said.out)
    assert told["site"] == "gazette"
    (comment,) = told["comments"]
    assert comment["id"] == one["id"]
    assert comment["page"] == "https://gazette.example/article"
    kept = ("author_name", "email", "body", "status", "address_hash_is_kept")
    assert [comment[name] for name in kept] == [
        *("Grace", "grace@example.org", "My number is 555-0100.", "approved", False)
    ]
    assert [entry["action"] for entry in comment["log"]] == ["approve"]
    assert "Linus" not in said.out
    comments_service("privacy", "erase", one["id"], "--yes")
    (comment,) = json.loads(comments_service("privacy", "export", one["id"]).out)["comments"]
    assert (comment["body"], comment["author_name"], comment["email"]) == ("", "", None)
