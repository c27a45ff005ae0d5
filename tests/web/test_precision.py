"""`GET /api/v1/moderation/precision`: what moderators made of each check's findings."""

from datetime import timedelta
from typing import Any

import pytest

from comments_service.domain.verdict import Mode
from comments_service.services.sites import remove_site
from tests.cast import HERALD_PAGE, Cast, assert_problem, one_database
from tests.statements import watched

PRECISION = "/api/v1/moderation/precision"
LINKS = "See https://one.example and https://two.example for more"
SHOUTED = "WHO WOULD HAVE THOUGHT OF ALL THAT, AND WHO WOULD HAVE SAID IT SO LOUD"
INSULT = "You are an idiot"


def lines(cast: Cast, **query: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Every line by what it is of and how that counted."""
    said = cast.alice.get(PRECISION, query_string=query).get_json()
    return {(line["reason"] or line["check"], line["counted"]): line for line in said["lines"]}


def told(line: dict[str, Any]) -> tuple[int, ...]:
    names = ("found", "agreed", "otherwise", "overruled", "waiting", "not_looked_at")
    return tuple(line[name] for name in names)


def say(cast: Cast, body: str, *actions: str) -> list[str]:
    """A comment of somebody new for each decision, number and all; their ids."""
    made = []
    for number, action in enumerate(actions):
        comment = cast.reader().says(f"{body}, says number {number}{action}.")
        if action:
            cast.decide(comment, action)
        made.append(comment)
    return made


def test_each_decision_is_counted_once_for_check_and_reason(cast: Cast) -> None:
    say(cast, LINKS, "spam", "spam", "reject", "approve", "hold", "")
    found = lines(cast)
    assert told(found["links", "on"]) == (6, 3, 1, 1, 2, 0)
    assert told(found["links.too_many", "on"]) == (6, 3, 1, 1, 2, 0)
    line = found["links", "on"]
    assert line["precision"] == 0.75
    assert 0.3 < line["precision_low"] < 0.75 < line["precision_high"] < 1
    assert not line["mostly_overruled"]
    # All were of newcomers, who wait anyway.
    assert line["stopped_without"] == 6
    assert "stopped_without" not in found["links.too_many", "on"]


def test_a_decision_that_was_taken_back_counts_no_more(cast: Cast) -> None:
    (comment,) = say(cast, LINKS, "")
    first = cast.decide(comment, "spam")
    assert told(lines(cast)["links", "on"]) == (1, 1, 0, 0, 0, 0)
    cast.alice.undo(first["decision_id"])
    assert told(lines(cast)["links", "on"]) == (1, 0, 0, 0, 1, 0)
    cast.decide(comment, "spam")
    cast.decide(comment, "approve")
    assert told(lines(cast)["links", "on"]) == (1, 0, 0, 1, 0, 0)
    assert cast.broken() == []


def test_what_policy_alone_decided_was_not_looked_at(cast: Cast) -> None:
    cast.publish_all()
    cast.set_site(words=["casino"])
    assert cast.bob.post("The casino calls.").status_code == 422
    cast.bob.says("WHO WOULD HAVE THOUGHT OF ALL THAT?")
    found = lines(cast)
    assert told(found["words", "on"]) == (1, 0, 0, 0, 0, 1)
    assert told(found["shouting", "manner"]) == (1, 0, 0, 0, 0, 1)
    assert found["words", "on"]["precision"] is None


def test_shadow_has_figures_of_its_own_and_says_what_it_would_add(cast: Cast) -> None:
    cast.publish_all()
    cast.set_site(check_modes={"abuse": Mode.OFF})
    say(cast, INSULT, "reject")
    cast.set_site(check_modes={"abuse": Mode.OFF, "profanity": Mode.SHADOW})
    say(cast, INSULT + " indeed", "", "approve", "reject", "reject")
    say(cast, f"{INSULT}. {LINKS}", "approve")
    found = lines(cast)
    assert told(found["profanity", "on"]) == (1, 1, 0, 0, 0, 0)
    # All were published at once; of two of them a person said that this was right.
    assert told(found["profanity", "shadow"]) == (5, 2, 0, 2, 0, 1)
    assert found["profanity", "shadow"]["stopped_without"] == 1
    assert found["profanity", "on"]["stopped_without"] == 0


def test_a_comment_with_two_reasons_of_one_check_counts_once_for_the_check(cast: Cast) -> None:
    cast.set_site(check_modes={"abuse": Mode.OFF})
    say(cast, "You idiot, fuck off", "reject")
    found = lines(cast)
    reasons = [name for name, _ in found if name.startswith("profanity.")]
    assert len(reasons) > 1
    assert told(found["profanity", "on"]) == (1, 1, 0, 0, 0, 0)


def test_a_check_that_is_mostly_overruled_is_pointed_out(cast: Cast) -> None:
    say(cast, LINKS, *["approve"] * 9, "spam")
    assert lines(cast)["links", "on"]["mostly_overruled"]
    assert lines(cast)["links.too_many", "on"]["mostly_overruled"]


def test_manner_is_never_pointed_out_because_it_stops_nothing(cast: Cast) -> None:
    say(cast, SHOUTED, *["approve"] * 12)
    line = lines(cast)["shouting", "manner"]
    assert line["overruled"] == 12
    assert not line["mostly_overruled"]


def test_an_edit_is_judged_by_its_own_findings(cast: Cast) -> None:
    comment = cast.publish(f"{LINKS}.")
    assert told(lines(cast)["links", "on"]) == (1, 0, 0, 1, 0, 0)
    cast.bob.call("PATCH", f"/api/v1/comments/{comment}", json={"body": f"{INSULT}."})
    found = lines(cast)
    assert told(found["profanity", "on"]) == (1, 0, 0, 0, 1, 0)
    assert ("links", "on") not in found
    cast.decide(comment, "reject")
    # The edit is gone, and the approved text has its own findings back.
    found = lines(cast)
    assert told(found["links", "on"]) == (1, 0, 0, 1, 0, 0)
    assert ("profanity", "on") not in found
    assert cast.broken() == []


def test_an_edit_that_nobody_saw_is_nobodys_judgement(cast: Cast) -> None:
    cast.publish_all()
    comment = cast.bob.says("You are a fool, you idiot.")
    cast.decide(comment, "approve")
    cast.bob.call(
        "PATCH", f"/api/v1/comments/{comment}", json={"body": "SOMETHING QUITE ELSE HERE"}
    )
    assert told(lines(cast)["shouting", "manner"]) == (1, 0, 0, 0, 0, 1)
    assert cast.broken() == []


def test_days_are_those_on_which_comments_came(cast: Cast) -> None:
    (old,) = say(cast, LINKS, "")
    cast.clock.now += timedelta(days=10)
    say(cast, LINKS + " again", "spam")
    cast.decide(old, "approve")
    assert told(lines(cast, days=10)["links", "on"]) == (1, 1, 0, 0, 0, 0)
    assert told(lines(cast, days=11)["links", "on"]) == (2, 1, 0, 1, 0, 0)


def test_one_site_is_not_told_of_another(cast: Cast) -> None:
    cast.herald_reader.says(f"{LINKS}.", HERALD_PAGE)
    assert lines(cast) == {}
    answer = cast.alice.get(PRECISION, query_string={"site": "herald"})
    assert_problem(answer, 404, "not-found")
    with cast.app.app_context():
        remove_site("herald")
    assert cast.rows("SELECT * FROM tally WHERE scope = 'verdict'") == []


def test_reading_takes_few_statements_whatever_there_is(cast: Cast) -> None:
    say(cast, LINKS, *["spam"] * 3)
    with watched(cast.app) as seen:
        cast.alice.get(PRECISION, query_string={"site": "gazette"})
    assert len(seen) <= 4


@one_database
@pytest.mark.parametrize("days", ["0", "366", "many"])
def test_days_are_within_a_year(cast: Cast, days: str) -> None:
    assert_problem(cast.alice.get(PRECISION, query_string={"days": days}), 400, "malformed")


@one_database
def test_readers_and_strangers_may_not(cast: Cast) -> None:
    assert_problem(cast.bob.get(PRECISION), 401, "not-signed-in")
    writer = cast.program("comments:write", "gazette")
    assert_problem(writer.get(PRECISION), 403, "not-allowed")
