"""What a site does not want to keep: the text of what nobody reads in public."""

from tests.cast import Cast


def forgotten(cast: Cast) -> int:
    return cast.run_jobs()["texts"]


def test_what_is_not_public_is_erased_after_the_sites_days_and_the_rest_stays(cast: Cast) -> None:
    comments = {
        action: cast.reader("Somebody").says(f"Something to {action}.")
        for action in ("approve", "reject", "spam", "hold")
    }
    for action, comment in comments.items():
        if action != "hold":
            cast.decide(comment, action)
    gone = cast.bob.says("Something to withdraw.")
    assert cast.bob.call("DELETE", f"/api/v1/comments/{gone}").status_code == 204
    cast.clock.advance(days=400)
    assert forgotten(cast) == 0, "nothing is forgotten unless the site says so"
    cast.set_site(forget_days=401)
    assert forgotten(cast) == 0
    cast.clock.advance(days=2)
    assert forgotten(cast) == 3
    assert forgotten(cast) == 0
    for comment in (comments["reject"], comments["spam"], gone):
        row = cast.row(comment)
        assert (row["body"], row["body_html"], row["author_name"]) == ("", "", "")
    for comment in (comments["approve"], comments["hold"]):
        assert cast.row(comment)["body"]
    assert cast.broken() == []


def test_another_sites_are_its_own(cast: Cast) -> None:
    comment = cast.herald_reader.says("Elsewhere.", "https://herald.example/rain-on-sunday")
    cast.execute("UPDATE comment SET queue = 'spam', status = 'spam'")
    cast.set_site(forget_days=1)
    cast.clock.advance(days=30)
    assert forgotten(cast) == 0
    assert cast.row(comment)["body"] == "Elsewhere."
