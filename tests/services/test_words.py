"""A site's words: nobody's change is lost, every process hears of it, and the log tells it."""

from collections.abc import Iterator
from threading import Barrier, Thread

import msgspec
import pytest

from comments_service.domain.errors import InvalidFields
from comments_service.domain.words import MAX_ENTRIES, SiteWord
from comments_service.services import words
from comments_service.services.sites import SYSTEM, show_site
from comments_service.services.views import SiteRow
from comments_service.storage import read
from tests.cast import Cast, assert_problem


@pytest.fixture
def gazette(cast: Cast) -> Iterator[SiteRow]:
    with cast.app.app_context():
        yield show_site("gazette")


def terms(site: SiteRow) -> list[str]:
    return [word.term for word in words.read_all(site)]


def put(cast: Cast, *listed: tuple[str, float], instead: bool = False) -> dict[str, float]:
    wanted = [SiteWord(term, severity) for term, severity in listed]
    now = cast.clock.advance(seconds=1)
    before = words.put(show_site("gazette"), wanted, SYSTEM, now, instead=instead)
    return {key: row.word.severity for key, row in before.items()}


def test_what_finds_the_same_is_one_entry(cast: Cast, gazette: SiteRow) -> None:
    assert put(cast, ("Casino", 1.0), ("casinó", 0.6)) == {}
    assert [(w.term, w.severity) for w in words.read_all(gazette)] == [("casinó", 0.6)]
    assert put(cast, ("CASINO", 0.3)) == {"casino": 0.6}
    assert terms(gazette) == ["CASINO"]


def test_the_next_comment_is_judged_by_the_changed_list(cast: Cast, gazette: SiteRow) -> None:
    cast.publish_all()
    assert cast.reader().says("A casino opens.")
    put(cast, ("casino", 1.0))
    assert_problem(cast.bob.post("A casino closes."), 422, "refused", "body")
    put(cast, ("casino", 0.6))
    assert cast.bob.post("Another casino closes.").status_code == 202
    words.remove(gazette, ["casino"], SYSTEM, cast.clock.now)
    assert cast.reader().post("The last casino.").status_code == 201


def test_a_list_is_read_once_for_each_change(cast: Cast, gazette: SiteRow) -> None:
    assert gazette.words_version == 0
    put(cast, ("casino", 1.0))
    with read() as conn:
        first = words.words_of(conn, show_site("gazette"))
        assert words.words_of(conn, show_site("gazette")) is first
    put(cast, ("snake oil", 1.0))
    with read() as conn:
        assert len(words.words_of(conn, show_site("gazette")).words) == 2


def test_all_of_it_or_nothing(cast: Cast, gazette: SiteRow) -> None:
    with pytest.raises(InvalidFields):
        put(cast, ("casino", 1.0), ("*a*", 1.0))
    assert terms(gazette) == []
    assert show_site("gazette").words_version == 0


def test_a_list_has_an_end(cast: Cast, gazette: SiteRow) -> None:
    put(cast, *((f"word{n}", 1.0) for n in range(MAX_ENTRIES)))
    with pytest.raises(InvalidFields, match="at most 5,000"):
        put(cast, ("onemore", 1.0))
    assert len(terms(gazette)) == MAX_ENTRIES
    assert "onemore" not in terms(gazette)


def test_instead_of_the_whole_list(cast: Cast, gazette: SiteRow) -> None:
    put(cast, ("casino", 1.0), ("snake oil", 0.6))
    assert put(cast, ("casino", 1.0), ("turnip", 1.0), instead=True) == {"snake oil": 0.6}
    assert terms(gazette) == ["casino", "turnip"]


def test_the_log_has_what_changed_and_nothing_for_nothing(cast: Cast, gazette: SiteRow) -> None:
    put(cast, ("casino", 1.0))
    put(cast, ("casino", 1.0))
    put(cast, ("casino", 0.0))
    words.remove(gazette, ["casino", "nothing"], SYSTEM, cast.clock.advance(seconds=1))
    words.remove(gazette, ["casino"], SYSTEM, cast.clock.advance(seconds=1))
    rows = cast.rows("SELECT detail FROM log WHERE action = 'words' ORDER BY id")
    moves = [msgspec.json.decode(row["detail"])["words"] for row in rows]
    severities = [[(a and a[1], b and b[1]) for a, b in move] for move in moves]
    assert severities == [[(None, 1.0)], [(1.0, 0.0)], [(0.0, None)]]


def test_two_owners_at_once_lose_nothing(cast: Cast, gazette: SiteRow) -> None:
    """Each adds its own and changes the one they share; the log tells every change, in order."""
    start = Barrier(2)
    failed: list[BaseException] = []

    def add(who: str) -> None:
        try:
            with cast.app.app_context():
                start.wait(timeout=30)
                for n in range(8):
                    put(cast, (f"{who}{n}", 1.0), ("shared", 0.5 + n / 100))
        except BaseException as problem:  # noqa: BLE001 - the test reports it.
            failed.append(problem)

    owners = [Thread(target=add, args=(who,)) for who in ("olga", "otto")]
    for owner in owners:
        owner.start()
    for owner in owners:
        owner.join(timeout=60)
    assert failed == []
    expected = {f"{who}{n}" for who in ("olga", "otto") for n in range(8)}
    assert set(terms(gazette)) == expected | {"shared"}
    assert show_site("gazette").words_version == 16


def test_pages_follow_each_other_and_search_narrows(cast: Cast, gazette: SiteRow) -> None:
    put(cast, *((f"w{n:03}x", 1.0) for n in range(words.PAGE + 30)))
    words.put(gazette, [SiteWord("Çasino", 1.0, note="Adverts 100%")], SYSTEM, cast.clock.now)
    first = words.read_page(gazette, "", "")
    assert first.next is not None
    second = words.read_page(gazette, "", first.next)
    assert len(first.rows) == words.PAGE
    assert len(first.rows) + len(second.rows) == first.total == words.PAGE + 31
    assert second.next is None
    for wanted in ("ÇAS", "casino", "adverts", "100%"):
        found = words.read_page(gazette, wanted, "")
        assert [row.word.term for row in found.rows] == ["Çasino"], wanted
    assert words.read_page(gazette, "_", "").rows == []
