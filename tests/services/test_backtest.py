"""Backtests: the past as it was, the change and nothing else, beside what persons did."""

import random
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, text

from comments_service.domain.backtest import Sums
from comments_service.domain.ids import decode_id, encode_id
from comments_service.domain.policy import Action, PolicyMode
from comments_service.domain.precision import Fate
from comments_service.domain.verdict import Mode
from comments_service.domain.words import SiteWord
from comments_service.services import backtest, past
from comments_service.services.backtest import Replayed, Trial
from comments_service.services.sites import SiteChange, policy_after, show_site
from comments_service.storage.db import db, write
from comments_service.storage.erasing import erase_text
from comments_service.storage.models import Base
from comments_service.storage.standing import Actor, load_placed
from tests.cast import OTHER_PAGE, PAGE, Cast

DAYS = timedelta(days=30)
LINKS = (
    "See what the council wrote in its report, https://one.example,"
    " and in the reply, https://two.example, for more"
)
INSULT = "You are an idiot"


def trial(cast: Cast, only: list[str] | None = None, **change: Any) -> Trial:
    site = show_site("gazette")
    terms = change.pop("words", None)
    words = None if terms is None else [SiteWord(term, 1.0) for term in terms]
    after = policy_after(site, SiteChange(**change))
    return backtest.plan_trial(site, after, cast.clock.now - DAYS, only, words)


def run(cast: Cast, only: list[str] | None = None, **change: Any) -> list[Replayed]:
    """Everything of the last days under a changed policy."""
    with cast.app.app_context():
        tried = trial(cast, only, **change)
        batches = backtest.replay_since(tried, cast.clock.now - DAYS, cast.clock.now)
        return [one for batch in batches for one in batch]


def sums_of(replayed: list[Replayed]) -> Sums:
    sums = Sums()
    for one in replayed:
        backtest.count(sums, one)
    return sums


def changes(replayed: list[Replayed]) -> list[tuple[str, Action, Action, Fate]]:
    return [
        (encode_id(one.row.id), one.before.action, one.after.action, one.fate)
        for one in replayed
        if one.changed
    ]


def digest(cast: Cast) -> list[str]:
    with cast.app.app_context(), db.engine.connect() as connection:
        return [
            str(sorted(str(tuple(r)) for r in connection.execute(text(f"SELECT * FROM {table}"))))
            for table in Base.metadata.tables
        ]


@pytest.mark.parametrize("mode", list(PolicyMode))
def test_the_present_policy_decides_as_it_did(cast: Cast, backend: str, mode: PolicyMode) -> None:
    """A random walk of readers and moderators; the past of every comment is found again."""
    chance = random.Random(f"{backend} {mode}")
    cast.set_site(mode=mode)
    readers = [cast.reader(f"Reader {n}") for n in range(3)]
    written: list[tuple[Any, str]] = []
    decisions: list[str] = []
    for number in (1, 2):
        cast.decide(readers[0].says(f"Kind remark {number}."), "approve")
    for number in range(3, 90):
        cast.clock.advance(seconds=chance.choice((20, 400, 20_000)))
        step = chance.choice(("post", "post", "post", "decide", "decide", "undo", "withdraw"))
        reader, comment = chance.choice(written[-8:]) if written else (readers[0], "")
        if step == "post" or not written:
            body = chance.choice(
                (f"Remark {number}.", f"{LINKS} {number}.", INSULT, "The same thing, said again.")
            )
            who = chance.choice(readers)
            answer = who.post(body, chance.choice((PAGE, OTHER_PAGE)))
            if answer.status_code < 300:
                written.append((who, answer.get_json()["comment"]["id"]))
        elif step == "decide":
            done = cast.decide(comment, chance.choice(("approve", "approve", "reject", "spam")))
            decisions += [done["decision_id"]] if done.get("decision_id") else []
        elif step == "undo" and decisions:
            cast.alice.undo(decisions.pop())
        else:
            reader.call("DELETE", f"/api/v1/comments/{comment}")
    before = digest(cast)
    sums = sums_of(run(cast))
    assert sums.looked_at == cast.one("SELECT COUNT(*) FROM comment")
    assert len({action for action, _, _ in sums.decided}) > 1 or mode is PolicyMode.PRE
    assert sums.came_otherwise == 0
    assert sums.changed == sums.other_reasons == 0
    assert digest(cast) == before


def test_a_word_is_tried_beside_what_persons_did(cast: Cast) -> None:
    cast.publish_all()
    made = {}
    for action in ("approve", "reject", "spam", "hold"):
        made[action] = cast.reader().says(f"{INSULT} at the casino: {action}.")
        cast.decide(made[action], action)
    quiet = cast.reader().says("The casino is closed.")
    cast.reader().says("The park is open.")
    replayed = run(cast, words=["casino"])
    assert changes(replayed) == [
        (made["approve"], Action.HOLD, Action.REJECT, Fate.APPROVED),
        (made["reject"], Action.HOLD, Action.REJECT, Fate.REJECTED),
        (made["spam"], Action.HOLD, Action.REJECT, Fate.SPAM),
        (made["hold"], Action.HOLD, Action.REJECT, Fate.WAITING),
        (quiet, Action.APPROVE, Action.REJECT, Fate.UNSEEN),
    ]
    sums = sums_of(replayed)
    first, second = sums.turns
    assert (first.total, first.approved, first.rejected, first.spam, first.undecided) == (
        (4, 1, 1, 1, 1)
    )
    assert (second.before, second.after, second.undecided) == (Action.APPROVE, Action.REJECT, 1)
    # Two of three that persons decided on were put away, before as after.
    assert sums.quality_before == sums.quality_after
    assert sums.quality_after.precision == pytest.approx(2 / 3)
    assert sums.quality_after.recall == 1


def test_thresholds_modes_and_checks_are_tried(cast: Cast) -> None:
    cast.publish_all()
    links = cast.reader().says(f"{LINKS}.")
    insult = cast.reader().says("You idiot.")
    hold, publish = Action.HOLD, Action.APPROVE
    waits = Fate.WAITING
    assert changes(run(cast, check_settings={"links": {"max": 5}})) == [
        (links, hold, publish, waits)
    ]
    assert changes(run(cast, check_modes={"profanity": Mode.OFF})) == [
        (insult, hold, publish, waits)
    ]
    assert changes(run(cast, check_modes={"profanity": Mode.SHADOW})) == [
        (insult, hold, publish, waits)
    ]
    assert changes(run(cast, mode=PolicyMode.PRE)) == []
    assert sums_of(run(cast, mode=PolicyMode.PRE)).other_reasons == 2
    cast.reader().says("Nothing to be found here.")
    assert len(changes(run(cast, mode=PolicyMode.FIRST))) == 1
    # Alone, the check of links knows nothing of insults, under either policy.
    alone = run(cast, ["links"], check_settings={"links": {"max": 5}})
    assert changes(alone) == [(links, hold, publish, waits)]
    assert [one.before.action for one in alone] == [hold, publish, publish]


def test_a_pages_own_mode_stays(cast: Cast) -> None:
    cast.publish_all()
    cast.reader().says("Nothing to be found here.")
    cast.execute("UPDATE thread SET mode = 'post'")
    assert changes(run(cast, mode=PolicyMode.PRE)) == []


def test_what_is_not_kept_stays_as_stored(cast: Cast) -> None:
    cast.publish_all()
    trapped = cast.reader().says("A walk in the park.", website="https://spam.example")
    (one,) = run(cast)
    assert (one.before.action, one.as_stored) == (Action.SPAM, {"honeypot"})
    assert changes(run(cast, check_modes={"honeypot": Mode.OFF})) == [
        (trapped, Action.SPAM, Action.APPROVE, Fate.UNSEEN)
    ]
    assert sums_of([one]).as_stored == {"honeypot": 1}


def test_other_thresholds_of_what_has_learned_since_are_tried_on_its_stored_scores(
    cast: Cast,
) -> None:
    cast.publish_all()
    pills = cast.reader().says(
        "Buy cheap pills now, earn $5000 a day working from home, call +1 555 0100 "
        "http://pills.example"
    )
    cast.reader().says("A walk in the park.")
    (one, _) = run(cast)
    assert (one.before.action, one.as_stored) == (Action.HOLD, {"spam"})
    assert changes(run(cast, check_settings={"spam": {"suspect": 0.99, "bad": 0.99}})) == [
        (pills, Action.HOLD, Action.APPROVE, Fate.WAITING)
    ]
    assert changes(run(cast, check_settings={"spam": {"suspect": 0.05}})) == []
    with cast.app.app_context():
        assert trial(cast, check_settings={"spam": {"suspect": 0.05}}).told_in_part == ["spam"]
        assert trial(cast, check_settings={"links": {"max": 5}}).told_in_part == []


def test_where_the_address_is_forgotten_its_verdicts_stay_as_stored(cast: Cast) -> None:
    cast.publish_all()
    for reader in (cast.reader(), cast.reader()):
        reader.post("The very same words as before.", address="203.0.113.9")
    assert [one.before.action for one in run(cast)] == [Action.APPROVE, Action.HOLD]
    cast.execute("UPDATE comment SET address_hash = NULL")
    with cast.app.app_context():
        tried = replace(trial(cast), addresses_since=cast.clock.now + DAYS)
        batches = backtest.replay_since(tried, cast.clock.now - DAYS, cast.clock.now)
        first, second = (one for batch in batches for one in batch)
    assert (first.as_stored, second.as_stored) == (set(), {"repeats"})
    assert second.before.action is Action.HOLD


def test_verdicts_of_older_code_are_told_apart_from_the_change(cast: Cast) -> None:
    cast.publish_all()
    cast.reader().says(f"{LINKS}.")
    cast.reader().says("Nothing to be found here.")
    cast.execute("""UPDATE comment SET examined_by = '{"links": 0}'""")
    cast.execute("DELETE FROM verdict WHERE check_name = 'links'")
    cast.execute("UPDATE comment SET arrived_as = 'approved'")
    sums = sums_of(run(cast))
    assert sums.changed == 0
    assert sums.came_otherwise == 1
    assert (sums.older_code, sums.found_otherwise) == ({"links": 2}, {"links": 1})


def test_an_edited_comment_is_replayed_with_its_present_text(cast: Cast) -> None:
    cast.publish_all()
    comment = cast.bob.says("Nothing to be found here.")
    cast.decide(comment, "approve")
    cast.bob.call("PATCH", f"/api/v1/comments/{comment}", json={"body": f"{INSULT}."})
    (one,) = run(cast)
    assert (one.before.action, one.fate) == (Action.HOLD, Fate.WAITING)
    assert sums_of([one]).came_otherwise == 0


def test_parts_add_up_to_the_whole(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtest, "PART", 4)
    monkeypatch.setattr(backtest, "BATCH", 3)
    for number in range(3):
        reader = cast.reader()
        for _ in range(3):
            cast.decide(reader.says(f"{LINKS}, {number}."), "approve")
    change: dict[str, Any] = {"check_settings": {"links": {"max": 5}}}
    whole = run(cast, **change)
    sums, end, parts = Sums(), None, 0
    listed: list[Replayed] = []
    with cast.app.app_context():
        while parts == 0 or end is not None:
            since = cast.clock.now - DAYS
            part = backtest.replay_part(trial(cast, **change), since, end, cast.clock.now)
            sums.add(part.sums)
            listed += part.changed
            end, parts = part.next, parts + 1
    assert parts == 3
    assert sums == sums_of(whole)
    assert [one.row.id for one in listed] == [o.row.id for o in whole if o.changed][::-1]


def test_of_a_diligent_commenter_the_oldest_comments_are_counted_as_they_stand(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest, "BATCH", 2)
    monkeypatch.setattr(past, "PAST_EACH", 2)
    monkeypatch.setattr("comments_service.storage.queries.replay.PAST_EACH", 2)
    for number in range(2):
        cast.decide(cast.bob.says(f"Remark {number}."), "approve")
    for number in range(2, 5):
        assert cast.bob.post(f"Remark {number}.").status_code == 201
    assert sums_of(run(cast)).came_otherwise == 0


def test_other_sites_and_older_comments_are_left_alone(cast: Cast) -> None:
    cast.bob.says("Too old.")
    cast.clock.now += timedelta(days=31)
    cast.herald_reader.says("Elsewhere.", "https://herald.example/page")
    here = cast.bob.says("Here and now.")
    assert [encode_id(one.row.id) for one in run(cast)] == [here]


def test_an_erased_comment_is_not_asked_about(cast: Cast) -> None:
    cast.publish_all()
    gone = cast.bob.says(f"{INSULT}.")
    with cast.app.app_context():
        actor = Actor("system", "the test")
        number = decode_id(gone) or 0

        def erase(conn: Connection) -> None:
            placed = load_placed(conn, number)
            assert placed is not None
            erase_text(conn, placed, actor, cast.clock.now)

        write(erase)
    assert run(cast) == []
    assert cast.broken() == []
