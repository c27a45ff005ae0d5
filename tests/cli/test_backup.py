"""`backup` and `restore` at the command line: what they say, and what they refuse."""

from pathlib import Path

from tests.cli.conftest import CommandLine, Publisher


def test_there_and_back(
    publisher: Publisher, instance: Path, comments_service: CommandLine, tmp_path: Path
) -> None:
    publisher.post("The bridge is open again.")
    file = str(tmp_path / "one.backup")
    said = comments_service("backup", file)
    assert said.status == 0, said.err
    assert said.lines[0].startswith(f"Saved 1 comments of 1 sites to {file} (")
    assert str(instance / "secret_keys") in said.lines[1]
    publisher.post("Closed again.")
    said = comments_service("restore", file)
    assert (said.status, said.out) == (2, "")
    assert "--replace" in said.err
    assert publisher.count() == 2
    assert comments_service("restore", "--check", file).out.startswith("Whole: 1 comments, ")
    said = comments_service("restore", "--replace", file)
    assert (said.status, said.lines[0]) == (0, "Restored 1 comments of 1 sites.")
    assert publisher.count() == 1
    assert comments_service("verify").status == 0


def test_what_is_no_backup_is_named(
    instance: object, comments_service: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "diary"
    for text in ("", "Dear diary, " * 500):
        file.write_text(text)
        for words in (["--check"], ["--replace"]):
            said = comments_service("restore", *words, str(file))
            assert said.status == 2
            assert "no whole backup" in said.err
    said = comments_service("restore", str(tmp_path / "nowhere"))
    assert said.status == 2
    assert "cannot be read" in said.err
