"""Promise 4: whoever posts is told of their own comment, and it alone is theirs to change."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from comments_service.domain.ids import encode_id
from tests.promises.several import served
from tests.support.instance import ORIGIN, SITE, Instance, new_key
from tests.support.line import Line

AT_ONCE: Final = 16
PROCESSES: Final = 4


@dataclass
class Poster:
    """A reader whom nobody has seen before, with a key, a name and words of their own."""

    number: int
    key: str
    neighbour: str
    """The key of somebody who posts at the same time."""

    @property
    def name(self) -> str:
        return f"Poster {self.number}"

    @property
    def body(self) -> str:
        return f"Nobody but {self.number} says this."

    def post(self, line: Line, writer: str) -> str:
        """Post; the answer's id, when all that the answer says is of this poster's comment."""
        page = f"{ORIGIN}/{self.number % 5}"
        sent = {"site": SITE, "url": page, "author_name": self.name, "body": self.body}
        headers = {"Authorization": f"Bearer {writer}", "Commenter-Key": self.key}
        status, said = line.ask("POST", "/api/v1/comments", sent, headers)
        assert status == 201, said
        self.is_told_of_their_own(said["comment"])
        id_: str = said["comment"]["id"]
        return id_

    def is_told_of_their_own(self, comment: dict[str, Any]) -> None:
        assert comment["author"]["name"] == self.name
        assert f"Nobody but {self.number} says this." in comment["body_html"]

    def look_and_change(self, line: Line, id_: str) -> None:
        """It is there as one's own under one's own key, and nobody else's key may change it."""
        path = f"/api/v1/comments/{id_}"
        status, said = line.ask("GET", path, headers={"Commenter-Key": self.key})
        assert status == 200, said
        self.is_told_of_their_own(said["comment"])
        assert said["comment"]["body"] == self.body
        _, said = line.ask("GET", path, headers={"Commenter-Key": self.neighbour})
        assert "body" not in said["comment"], "shown as the neighbour's"
        changed = {"body": f"{self.body} And this."}
        theirs = {"Commenter-Key": self.neighbour, "Origin": ORIGIN}
        status, said = line.ask("PATCH", path, changed, theirs)
        assert status == 404, said
        status, said = line.ask("PATCH", path, changed, theirs | {"Commenter-Key": self.key})
        assert status == 200, said
        self.is_told_of_their_own(said["comment"])


def post_many(under_test: Instance, ports: list[int], posts: int) -> None:
    """So many posters, many at once; each is told of their own, and all of it is stored so."""
    keys = [new_key() for _ in range(posts)]
    posters = [
        Poster(number, key, keys[number - AT_ONCE // 2 if number >= AT_ONCE // 2 else number - 1])
        for number, key in enumerate(keys)
    ]

    def work(first: int) -> dict[str, Poster]:
        line = Line(ports[first % len(ports)])
        elsewhere = Line(ports[(first + 1) % len(ports)])
        told = {}
        try:
            for poster in posters[first::AT_ONCE]:
                id_ = poster.post(line, under_test.writer)
                poster.look_and_change(elsewhere, id_)
                told[id_] = poster
        finally:
            line.close()
            elsewhere.close()
        return told

    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = {
            id_: poster for part in pool.map(work, range(AT_ONCE)) for id_, poster in part.items()
        }
    assert len(told) == posts, "two were told the same id"
    rows = under_test.rows("SELECT id, author_name, body FROM comment")
    assert {encode_id(row.id): (row.author_name, row.body) for row in rows} == {
        id_: (poster.name, f"{poster.body} And this.") for id_, poster in told.items()
    }
    assert under_test.broken() == []


def test_promise_04_each_of_many_is_told_of_their_own(under_test: Instance, tmp_path: Path) -> None:
    with served(under_test, PROCESSES, tmp_path) as ports:
        post_many(under_test, ports, 80)


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_promise_04_each_of_two_thousand_is_told_of_their_own(
    under_test: Instance, tmp_path: Path
) -> None:
    with served(under_test, PROCESSES, tmp_path) as ports:
        post_many(under_test, ports, 2_000)
