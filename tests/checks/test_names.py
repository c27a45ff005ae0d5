"""Names: who imitates the site's people waits; who is merely called so does not."""

import pytest

from comments_service import checks
from comments_service.domain.errors import InvalidFields
from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Signal
from tests.checks.asking import reasons, verdicts
from tests.support.hostile import DATA, rows

OURS = Facts(site_name="The Night Gazette")

IMITATIONS = [
    ("Admin", "a title"),
    ("Anna (moderator)", "a title beside a name"),
    ("Gazette Moderator", "a title beside the paper's"),
    ("MODERATOR", "capitals"),
    ("\u0391dmin", "Greek Alpha"),
    ("\u0410dmin", "Cyrillic beginning"),
    ("M\u043eder\u0430t\u043er", "Cyrillic vowels"),
    ("\u216foderator", "a Roman numeral"),
    ("\u24d0\u24d3\u24dc\u24d8\u24dd", "circled"),
    ("Mod\u200berator", "an invisible space"),
    ("M0derat0r", "digits"),
    ("@dmin", "a symbol"),
    ("m o d e r a t o r", "spaces"),
    ("Ad-Min", "a hyphen"),
    ("modérateur", "another language"),
    ("Модератор", "another script"),
    ("The Staff", "a whole name, with an article"),
    ("Staff 2", "with a number"),
    ("Support Team", "with a word that names nobody"),
    ("Editor", "an office"),
    ("The Night Gazette", "the site"),
    ("night gazette", "without its article"),
]
PEOPLE = [
    "Bob",
    "Ed Staff",
    "Chief Editor Bob",
    "Official Bob",
    "Badminton fan",
    "Amin",
    "Adam In",
    "Mod Rocker",
    "Modesty",
    "Supporter",
    "Systems Engineer Jo",
    "Gazette",
    "Night",
    "Владимир",
    "Αντωνία",
    "🏳️‍🌈",
]


@pytest.mark.parametrize(("name", "why"), IMITATIONS, ids=[why for _, why in IMITATIONS])
def test_who_could_be_taken_for_the_sites_people_waits(name: str, why: str) -> None:
    (verdict,) = verdicts("names", "Hello.", author_name=name, facts=OURS)
    assert (verdict.reason, verdict.signal) == ("names.reserved", Signal.SUSPECT), why
    assert verdict.field == "author_name"
    assert verdict.spans


@pytest.mark.parametrize("name", PEOPLE)
def test_people_keep_their_names(name: str) -> None:
    assert reasons("names", "I am the moderator, Admin!", author_name=name, facts=OURS) == []


@pytest.mark.parametrize("name", ["Bob ✓", "✅ Bob", "🛡️ Ann"])
def test_a_sign_beside_a_name_is_no_badge(name: str) -> None:
    assert reasons("names", "Hello.", author_name=name) == ["badge"]


def test_a_site_chooses_its_own() -> None:
    ours = {"titles": ["captain"], "names": [], "site_name": False}
    told = {
        name: reasons("names", "Hello.", author_name=name, facts=OURS, settings=ours)
        for name in ("Admin", "Editor", "The Night Gazette", "C4ptain Bob")
    }
    assert told == {
        "Admin": [],
        "Editor": [],
        "The Night Gazette": [],
        "C4ptain Bob": ["reserved"],
    }


@pytest.mark.parametrize("site_name", ["", "*", "It", "…", "**The** *", "X" * 100])
def test_a_site_may_be_called_anything(site_name: str) -> None:
    facts = Facts(site_name=site_name)
    assert reasons("names", "Hello.", author_name="It", facts=facts) == []


@pytest.mark.parametrize("entry", ["*admin*", "", "…", "x" * 81])
def test_an_entry_that_cannot_be_is_refused(entry: str) -> None:
    for field in ("titles", "names"):
        with pytest.raises(InvalidFields):
            checks.validate_settings("names", {field: [entry]})
    with pytest.raises(InvalidFields):
        checks.validate_settings("names", {"names": ["x"] * 201})


@pytest.mark.skipif(not DATA.exists(), reason="The shared data is not here.")
def test_the_shared_imitations_wait() -> None:
    named = {row["payload"] for row in rows("names") if "payload" in row}
    imitations = {n for n in named if "oderator" in n.lower() or n in ("\u0391dmin", "✅ Verified")}
    assert len(imitations) >= 6
    for name in imitations:
        assert reasons("names", "Hello.", author_name=name), name
