"""The problem `reword`: who is asked about which words, what it costs, and what insisting does."""

from typing import Any

import pytest

from comments_service.domain.policy import PolicyMode
from comments_service.domain.verdict import Mode
from tests.cast import (
    EVIL,
    GAZETTE,
    HERALD,
    OTHER_PAGE,
    Cast,
    Reader,
    assert_problem,
    new_address,
    one_database,
)

POST = "/api/v1/comments"
HELD = "You are an idiot, Sir."
REFUSED = "Such zoltanesque nonsense."
TABLES = ("comment", "verdict", "commenter", "thread", "thread_key", "log", "tally")
INSULT = "This reads as an insult."
BLOCKED = "This is not published here."


def asking(cast: Cast, **change: Any) -> Cast:
    """The gazette asks; it blocks one word, and publishes what nothing is found in."""
    usual: dict[str, Any] = {"words": ["zoltanesque"], "mode": PolicyMode.POST}
    cast.set_site(**usual | {"asks_to_reword": True} | change)
    return cast


def stored(cast: Cast) -> dict[str, int]:
    return {table: cast.one(f"SELECT COUNT(*) FROM {table}") for table in TABLES}


def reasons(cast: Cast, status: str = "pending") -> list[str]:
    """What stands on the newest card of a tab."""
    return [v["reason"] for v in cast.alice.queue(status=status, sort="newest")[0]["verdicts"]]


# --- Who is asked, and about what ------------------------------------------------------------

ASKED: list[tuple[str, dict[str, Any], list[tuple[str, str, list[str]]], bool]] = [
    ("What would be held", {"body": HELD}, [("body", INSULT, ["idiot"])], True),
    ("Disguised", {"body": "An 1d1-0t."}, [("body", INSULT, ["1d1-0t"])], True),
    ("Twice", {"body": "idiot! Idiot!"}, [("body", INSULT, ["idiot", "Idiot"])], True),
    ("What would be refused", {"body": REFUSED}, [("body", BLOCKED, ["zoltanesque"])], False),
    (
        "Both: it would be refused",
        {"body": f"{HELD} {REFUSED}"},
        [("body", INSULT, ["idiot"]), ("body", BLOCKED, ["zoltanesque"])],
        False,
    ),
    ("In the name", {"author_name": "Big Idiot"}, [("author_name", INSULT, ["Idiot"])], True),
    (
        "White space, line ends and emoji before it",
        {"body": " \r\n 💣💣\r\nYou \x02idiot "},
        [("body", INSULT, ["idiot"])],
        True,
    ),
    (
        "Only about words, where links would hold it too",
        {"body": "You idiot http://a.example http://b.example http://c.example"},
        [("body", INSULT, ["idiot"])],
        True,
    ),
]


def test_who_is_asked_is_told_the_words_as_they_were_sent(cast: Cast) -> None:
    before = stored(asking(cast))
    for which, members, words, may_insist in ASKED:
        answer = cast.bob.post(**members)
        said = assert_problem(answer, 422, "reword", *(field for field, _, _ in words))
        sent = {"author_name": "Bob"} | members
        found = [
            (e["field"], e["message"], [sent[e["field"]][a:b] for a, b in e["spans"]])
            for e in said["errors"]
        ]
        assert sorted(found) == sorted(words), which
        assert said["may_insist"] is may_insist, which
        assert stored(cast) == before, which
    assert cast.broken() == []


NOT_ASKED: list[tuple[str, dict[str, Any], int]] = [
    ("Nothing was found", {"body": "A fine walk."}, 201),
    ("Shouting is manner", {"body": "WHAT A FINE WALK THIS HAS BEEN"}, 201),
    ("Links are no words", {"body": "http://a.example http://b.example http://c.example"}, 202),
    ("A program is not asked", {"body": HELD, "website": "spam.example"}, 202),
]


def test_nobody_is_asked_about_anything_else(cast: Cast) -> None:
    asking(cast)
    for which, members, status in NOT_ASKED:
        assert cast.bob.post(**members).status_code == status, which


def test_a_site_asks_only_when_told_to(cast: Cast) -> None:
    assert cast.bob.post(HELD).status_code == 202
    cast.set_site(words=["zoltanesque"])
    assert_problem(cast.bob.post(REFUSED), 422, "refused", "body")
    cast.set_site(asks_to_reword=True)
    assert_problem(cast.bob.post(HELD), 422, "reword", "body")
    cast.set_site(asks_to_reword=False)
    assert cast.bob.post(HELD).status_code == 202


@pytest.mark.parametrize("mode", PolicyMode)
@one_database
def test_waiting_anyway_is_no_reason_to_ask_and_none_not_to(cast: Cast, mode: PolicyMode) -> None:
    asking(cast, mode=mode)
    assert cast.bob.post("A fine walk.").status_code in (201, 202)
    for text in (HELD, REFUSED):
        said = assert_problem(cast.bob.post(text), 422, "reword", "body")
        assert said["may_insist"] is (text is HELD or mode is PolicyMode.PRE)


@one_database
def test_a_shadow_asks_nobody(cast: Cast) -> None:
    asking(cast, check_modes={"abuse": Mode.SHADOW, "profanity": Mode.SHADOW})
    assert cast.bob.post(HELD).status_code == 201


@one_database
def test_each_place_is_told_once_as_what_it_is(cast: Cast) -> None:
    text = "you fucking asshole, go kill yourself"
    said = assert_problem(asking(cast).bob.post(text), 422, "reword", "body", "body", "body")
    told = [(e["message"], [text[a:b] for a, b in e["spans"]]) for e in said["errors"]]
    assert sorted(told) == [
        ("This is strong language.", ["fucking"]),
        ("This reads as a threat.", ["go kill yourself"]),
        ("This reads as an insult.", ["asshole"]),
    ]


@one_database
def test_a_commenter_reads_no_moderators_sentence_and_no_number(cast: Cast) -> None:
    told = asking(cast).bob.post(HELD).get_data(as_text=True)
    for word in ("An insult: ", "score", "severity", "suspect", "profanity", "verdict", "0."):
        assert word not in told, word


# --- Insisting -------------------------------------------------------------------------------


def test_who_insists_comes_to_a_moderator_with_a_note(cast: Cast) -> None:
    asking(cast)
    assert_problem(cast.bob.post(HELD), 422, "reword", "body")
    answer = cast.bob.post(HELD, insist=True)
    assert (answer.status_code, answer.get_json()["comment"]["status"]) == (202, "pending")
    assert reasons(cast) == ["abuse.likely", "profanity.insult", "policy.insisted"]
    (entry,) = cast.rows("SELECT reason FROM log WHERE comment_id IS NOT NULL")
    assert entry["reason"] == "abuse.likely profanity.insult policy.insisted"
    assert cast.count() == 0
    assert cast.broken() == []


def test_insisting_turns_no_refusal_around(cast: Cast) -> None:
    asking(cast)
    assert_problem(cast.bob.post(REFUSED, insist=True), 422, "refused", "body")
    assert reasons(cast, "rejected") == ["words.blocked", "policy.insisted"]
    assert cast.count() == 0


def test_insisting_without_need_changes_nothing(cast: Cast) -> None:
    cast.publish_all()
    # Nobody was asked here, so nobody insisted.
    cast.bob.says(HELD, insist=True)
    assert reasons(cast) == ["abuse.likely", "profanity.insult"]
    asking(cast)
    assert cast.bob.post("A fine walk.", insist=True).status_code == 201
    assert reasons(cast, "approved") == []
    assert cast.bob.post("Another.", insist=False).status_code == 201
    assert cast.bob.post("A third.", insist=None).status_code == 201
    assert_problem(cast.bob.post("No.", insist="yes"), 422, "invalid-fields", "insist")


def test_other_words_are_published_with_nothing_held_against_them(cast: Cast) -> None:
    asking(cast)
    assert_problem(cast.bob.post(REFUSED), 422, "reword", "body")
    assert cast.bob.post("Such nonsense.").status_code == 201
    assert reasons(cast, "approved") == []


def test_the_key_stands_for_what_was_stored_alone(cast: Cast) -> None:
    asking(cast)
    key: dict[str, str | None] = {"Idempotency-Key": "k-1"}
    assert_problem(cast.bob.post(HELD, headers=key), 422, "reword", "body")
    first = cast.bob.post(HELD, headers=key, insist=True)
    assert first.status_code == 202
    # The same wish again is answered the same, whether it says again that it insists.
    for insist in (True, None):
        again = cast.bob.post(HELD, headers=key, insist=insist)
        assert (again.status_code, again.get_json()) == (202, first.get_json())
    assert_problem(cast.bob.post("Other.", headers=key, insist=True), 422, "key-reused")
    assert stored(cast)["comment"] == 1


# --- What asking costs -----------------------------------------------------------------------


def test_being_asked_costs_what_a_comment_costs(cast: Cast) -> None:
    asking(cast)
    here = new_address()
    answers = [cast.bob.post(f"idiot {n}", address=here).status_code for n in range(4)]
    assert answers == [422] * 4
    assert cast.bob.post("A fine walk.", address=here).status_code == 201
    for members in ({"body": HELD}, {"body": HELD, "insist": True}, {"body": "A fine day."}):
        answer = cast.bob.post(**members, address=here)
        assert_problem(answer, 429, "too-many")
        assert int(answer.headers["Retry-After"]) >= 1
    assert_problem(cast.bob.post(HELD), 422, "reword", "body")


def test_a_page_is_not_worn_out_by_questions(cast: Cast) -> None:
    asking(cast)
    cast.bob.post(HELD)
    names = [row["bucket"] for row in cast.rows("SELECT bucket FROM rate_limit")]
    assert [name.partition(":")[0] for name in names] == ["address"]


def test_a_publishers_program_is_asked_for_its_readers_and_has_no_limit(cast: Cast) -> None:
    asking(cast)
    program = cast.program("comments:write", "gazette")
    form = cast.bob.form(HELD, token=None)
    for _ in range(7):
        assert_problem(program.call("POST", POST, json=form), 422, "reword", "body")
    answer = program.call("POST", POST, json=form | {"insist": True})
    assert answer.status_code == 202
    assert cast.rows("SELECT * FROM rate_limit") == []


# --- Changing one's own ----------------------------------------------------------------------


def edit(reader: Reader, comment: str, body: str, **members: Any) -> Any:
    return reader.call("PATCH", f"{POST}/{comment}", json={"body": body, **members})


def test_a_change_is_asked_about_alike(cast: Cast) -> None:
    comment = asking(cast).bob.says("A fine walk.")
    before = cast.row(comment)
    for text, may_insist in ((f"  {HELD}", True), (REFUSED, False)):
        said = assert_problem(edit(cast.bob, comment, text), 422, "reword", "body")
        ((start, end),) = said["errors"][0]["spans"]
        assert text[start:end] in ("idiot", "zoltanesque")
        assert said["may_insist"] is may_insist
    assert cast.row(comment) == before
    assert_problem(edit(cast.bob, comment, REFUSED, insist=True), 422, "refused", "body")
    answer = edit(cast.bob, comment, HELD, insist=True)
    assert answer.get_json()["comment"]["edit_pending"] is True
    assert reasons(cast) == ["abuse.likely", "profanity.insult", "policy.insisted"]
    # Back to what stands approved is no new text.
    assert edit(cast.bob, comment, "A fine walk.").status_code == 200
    assert cast.broken() == []


def test_questions_about_changes_have_their_limit_too(cast: Cast) -> None:
    comment = asking(cast).bob.says("A fine walk.")
    answers = [edit(cast.bob, comment, f"idiot {n}").status_code for n in range(6)]
    assert answers == [422] * 5 + [429]


# --- Mallory ---------------------------------------------------------------------------------


def test_mallory_learns_no_word_without_being_a_reader_here(cast: Cast) -> None:
    asking(cast)
    for text in (HELD, REFUSED, "A fine walk."):
        for origin in (EVIL, HERALD, None):
            answer = cast.bob.post(text, headers={"Origin": origin})
            assert_problem(answer, 403, "not-allowed")
        assert_problem(cast.bob.post(text, token=""), 422, "invalid-fields", "token")
    comment = cast.bob.says("Mine.")
    assert_problem(edit(cast.mallory_at_the_gazette(), comment, HELD), 404, "not-found")


def test_mallory_publishes_nothing_by_insisting(cast: Cast) -> None:
    asking(cast)
    mallory = cast.mallory_at_the_gazette()
    for text in (HELD, REFUSED, f"{HELD} {REFUSED}"):
        for insist in (True, False, None):
            assert mallory.post(text, insist=insist).status_code in (202, 422), text
    assert cast.thread()["comments"] == []
    cast.close()
    assert_problem(mallory.post(HELD, insist=True), 409, "thread-closed")
    assert_problem(mallory.post(HELD), 409, "thread-closed")


@one_database
def test_the_sites_own_pages_may_read_the_question(cast: Cast) -> None:
    answer = asking(cast).bob.post(HELD, OTHER_PAGE)
    assert answer.headers["Access-Control-Allow-Origin"] == GAZETTE
