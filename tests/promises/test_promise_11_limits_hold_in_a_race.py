"""Promise 11: however many come at once, no more pass a limit than it allows."""

from collections import Counter
from functools import partial

from tests.cast import PAGE, Cast
from tests.services.test_races import POST, at_once


def test_promise_11_two_hundred_at_once_pass_a_limit_of_five_at_most_five_times(
    fresh_cast: Cast,
) -> None:
    """All of them have read before any is stored; each is counted where it is stored."""
    address = "203.0.113.9"
    forms = [fresh_cast.bob.form(f"Remark number {n}.", PAGE) for n in range(200)]
    answers = at_once(
        *[partial(fresh_cast.bob.call, "POST", POST, json=f, address=address) for f in forms]
    )
    passed = Counter(answer.status_code for answer in answers)
    assert passed[202] == 5
    # Who found no connection in time was told to come back, and stored nothing either.
    assert set(passed) <= {202, 429, 503}
    assert fresh_cast.one("SELECT COUNT(*) FROM comment") == 5
    assert fresh_cast.broken() == []
