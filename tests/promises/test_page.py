"""The page of promises: twenty of them, each in a state, and every test that it names is there."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "security.md").read_text()
ROWS: Final = re.findall(
    r"^\| (\d+) \| [^|]+ \| (shown|in part|open) \| ([^|]*)\|$", PAGE, re.MULTILINE
)


def test_all_twenty_promises_are_listed_in_order() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 21))


def test_every_test_that_is_named_is_there_and_none_is_shown_without() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    known = set(re.findall(r"def (test_\w+)\(", code))
    for number, state, by in ROWS:
        named = set(re.findall(r"`(test_\w+)`", by))
        assert named <= known, number
        assert bool(named) == (state != "open"), number


def test_a_promise_with_a_test_of_its_own_is_not_called_open() -> None:
    own = {int(path.name.split("_")[2]) for path in Path(__file__).parent.glob("test_promise_*.py")}
    assert own <= {int(number) for number, state, _ in ROWS if state != "open"}
