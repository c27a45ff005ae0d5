"""`ban`: made, listed and lifted from the command line."""

from tests.cli.conftest import CommandLine, Publisher


def test_a_ban_is_made_listed_and_lifted(
    publisher: Publisher, comments_service: CommandLine
) -> None:
    comment = publisher.post("You are all fools.", author_name="Troll King")["id"]
    on = ("ban", "add", "--site", "gazette")
    made = comments_service(*on, "--comment", comment, "--kind", "name", "--reason", "abusive")
    assert made.status == 0, made.err
    number = made.out.strip()
    listed = comments_service("ban", "list", "--site", "gazette").lines
    (line,) = [line.split("\t") for line in listed]
    assert line[:2] + line[3:] == [number, "name", "abusive", "Troll King"]
    assert comments_service("ban", "lift", number).out == "Lifted: name.\n"
    assert comments_service("ban", "lift", number).status == 2
    assert comments_service("ban", "list", "--site", "gazette").out == ""


def test_what_makes_no_sense_is_told(gazette: str, comments_service: CommandLine) -> None:
    on = ("ban", "add", "--site", gazette)
    for words in ((), ("--comment", "x", "--who", "y"), ("--who", "x", "--kind", "address")):
        said = comments_service(*on, *words)
        assert said.status == 2, words
        assert said.err
