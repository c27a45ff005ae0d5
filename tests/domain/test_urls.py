"""Which addresses are one page, and what an origin is."""

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service.domain import urls
from comments_service.domain.errors import InvalidUrl
from tests.support import hostile
from tests.support.hostile import Row

NOTHING_TRACKED = urls.Tracking.of([])


@hostile.cases("url_identity")
def test_the_identity_table_holds(row: Row) -> None:
    same = urls.page_key(row["a"]) == urls.page_key(row["b"])
    assert same is row["same"], row["why"]


@hostile.cases("url_bad")
def test_an_odd_address_has_a_key_or_is_refused(row: Row) -> None:
    for read in (urls.page_key, urls.display_url, urls.origin_of, urls.host_port):
        try:
            told = read(row["url"])
        except InvalidUrl as refusal:
            told = str(refusal)
        assert told


@hostile.cases("url_parser")
def test_the_url_standard_is_followed_or_the_address_refused(row: Row) -> None:
    try:
        typed = str(ada_url.join_url(row["base"], row["input"])) if row["base"] else row["input"]
        shown = urls.display_url(typed, NOTHING_TRACKED)
    except (InvalidUrl, ValueError):
        return
    assert not row.get("failure"), f"{shown} is no address"
    assert shown == _without_what_is_not_shown(row)
    assert urls.host_port(typed) == row["host"].removesuffix(".")


def _without_what_is_not_shown(row: Row) -> str:
    search = "?" + "&".join(row["search"][1:].split("&")) if row["search"] else ""
    return f"{row['protocol']}//{row['host']}{row['pathname']}{search}"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        pytest.param("http://news.example:80/a", "//news.example/a", id="http's port is no port"),
        pytest.param("https://news.example:443/a", "//news.example/a", id="nor is https's"),
        pytest.param("http://news.example:443/a", "//news.example:443/a", id="443 is not http's"),
        pytest.param("https://news.example:80/a", "//news.example:80/a", id="80 is not https's"),
        pytest.param("https://News.EXAMPLE./a/", "//news.example/a", id="case, dot and slash go"),
        pytest.param("https://news.example", "//news.example/", id="a site's front page"),
        pytest.param("https://news.example/index.php", "//news.example/", id="the same by name"),
        pytest.param("https://n.example/a/index.html", "//n.example/a", id="index.html"),
        pytest.param("https://n.example/a/index.htm", "//n.example/a", id="index.htm"),
        pytest.param("https://n.example/a/index.html//", "//n.example/a", id="index, then slashes"),
        pytest.param("https://n.example/index.html/index.htm", "//n.example/", id="index of index"),
        pytest.param("https://n.example/a/Index.html", "//n.example/a/Index.html", id="path case"),
        pytest.param("https://n.example/my-index.html", "//n.example/my-index.html", id="a name"),
        pytest.param("https://n.example/%7eann/%41", "//n.example/~ann/A", id="unreserved"),
        pytest.param("https://n.example/a%2fb%3f", "//n.example/a%2Fb%3F", id="reserved stay"),
        pytest.param("https://n.example/%2%35", "//n.example/%2%35", id="no escape is invented"),
        pytest.param("https://n.example/%%34%31", "//n.example/%%341", id="after a stray percent"),
        pytest.param("https://n.example/100%", "//n.example/100%", id="a percent sign alone"),
        pytest.param("https://n.example/?b=2&a=1&b=1", "//n.example/?a=1&b=2&b=1", id="order"),
        pytest.param("https://n.example/?&&", "//n.example/", id="nothing asked"),
        pytest.param("https://n.example/?a", "//n.example/?a", id="a name without a value"),
        pytest.param("https://n.example/?Fb%63lid=1&id=7", "//n.example/?id=7", id="disguised"),
        pytest.param("https://n.example/?utm=1", "//n.example/?utm=1", id="utm is no utm_*"),
        pytest.param("https://me:pw@n.example/a", "//n.example/a", id="user information"),
        pytest.param("https://n.example/a?x=%2541", "//n.example/a?x=%2541", id="escaped once"),
    ],
)
def test_a_page_key_is(address: str, key: str) -> None:
    assert urls.page_key(address) == key


@pytest.mark.parametrize("name", urls.TRACKING_NAMES)
def test_every_tracking_parameter_is_dropped_in_any_case(name: str) -> None:
    asked = name.replace("*", "anything")
    for spelled in (asked, asked.upper(), asked.title()):
        address = f"https://n.example/a?id=7&{spelled}=1"
        assert urls.page_key(address) == "//n.example/a?id=7"
        assert urls.display_url(address) == "https://n.example/a?id=7"


def test_a_site_may_name_other_tracking_parameters() -> None:
    tracking = urls.Tracking.of(["Ref", " src_* ", "", "*"])
    assert urls.page_key("https://n.example/?ref=hn&SRC_x=1&utm_a=1", tracking) == (
        "//n.example/?utm_a=1"
    )


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "/a",
            "news.example/a",
            "//news.example/a",
            "https://",
            "https://./a",
            "https://a../",
        ),
        *("javascript:alert(1)", "blob:https://news.example/x", "file:///etc/passwd", "ws://a.b/"),
        *(
            "https://news.example/\x00",
            "https://news.example/\ud800",
            "https://xn--/",
            "http://a:b/",
        ),
    ],
)
def test_what_no_browser_opens_as_a_page_is_refused(address: str) -> None:
    with pytest.raises(InvalidUrl):
        urls.page_key(address)


def test_the_bound_is_on_the_normalised_address() -> None:
    start = "https://n.example/"
    fits = start + "x" * (urls.MAX_URL - len("//n.example/"))
    assert len(urls.page_key(fits)) == urls.MAX_URL
    assert urls.page_key(f"{fits}?utm_source={'y' * 500}") == urls.page_key(fits)
    for too_long in (f"{fits}x", f"{start}{'é' * 400}", f"{fits}?utm_a={'y' * urls.MAX_TYPED}"):
        with pytest.raises(InvalidUrl, match="2,000"):
            urls.page_key(too_long)


def test_work_on_hostile_paths_grows_with_their_length_only() -> None:
    # Each of these is quadratic or worse for a pattern with nested repeats.
    for piece in ("/", "/index.html", "%41", "%", "&", "a=&"):
        address = f"https://n.example/{piece * 100}?{piece * 50}"
        key = urls.page_key(address)
        assert len(key) <= len(address)


PIECES = [*"aA/.%?&=#;+~-_:@ 0189ef", "é", "%2e", "%41", "%2", "utm_x=", "/index.html"]


@given(st.lists(st.sampled_from(PIECES)).map("".join).map(str.rstrip))
def test_a_key_names_itself(rest: str) -> None:
    try:
        key = urls.page_key(f"https://n.example/{rest}")
    except InvalidUrl:
        return
    assert urls.page_key(f"http:{key}") == key
    assert urls.page_key(f"https://n.example/{rest}#fragment") == key


@given(st.text())
def test_any_text_has_a_key_or_is_refused(text: str) -> None:
    for read in (urls.page_key, urls.display_url, urls.origin_of, urls.normalise_origin):
        try:
            read(text)
        except InvalidUrl:
            continue


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:pw@n.example/a?b=2&utm_x=1&a=1#part", "https://n.example/a?b=2&a=1"),
        ("http://n.example:80/a/index.html?fbclid=1", "http://n.example/a/index.html"),
        ("HTTPS://N.example:8443/a b?", "https://n.example:8443/a%20b"),
    ],
)
def test_an_address_is_shown_without_what_belongs_to_one_reader(address: str, shown: str) -> None:
    assert urls.display_url(address) == shown


@pytest.mark.parametrize(
    ("address", "origin", "place"),
    [
        ("https://News.example:443/a?b#c", "https://news.example", "news.example"),
        ("http://news.example:80/", "http://news.example", "news.example"),
        ("http://127.0.0.1:8001/demo/", "http://127.0.0.1:8001", "127.0.0.1:8001"),
        ("https://bücher.example/", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("https://[2001:DB8:0::1]:444/", "https://[2001:db8::1]:444", "[2001:db8::1]:444"),
        ("https://me:pw@news.example./", "https://news.example.", "news.example"),
    ],
)
def test_origin_and_place_of_an_address(address: str, origin: str, place: str) -> None:
    assert urls.origin_of(address) == origin
    assert urls.host_port(address) == place


@hostile.cases("origins")
def test_no_origin_but_the_registered_text_is_allowed(row: Row) -> None:
    assert urls.origin_allowed(row["origin"], [row["registered"]]) is row["allow"]
    assert urls.origin_allowed(row["registered"], [row["registered"]])


def test_an_origin_is_never_allowed_where_none_is_registered() -> None:
    assert not urls.origin_allowed("null", [])
    assert not urls.origin_allowed("", ["https://news.example"])


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        (" https://News.Example ", "https://news.example"),
        ("HTTPS://news.example:443/", "https://news.example"),
        ("http://localhost:8001", "http://localhost:8001"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:8001", "http://[::1]:8001"),
    ],
)
def test_a_typed_origin_becomes_what_browsers_send(typed: str, origin: str) -> None:
    assert urls.normalise_origin(typed) == origin
    assert urls.origin_allowed(origin, {urls.normalise_origin(typed)})


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("https://news.example/blog", "that is https://news.example$"),
        ("https://news.example?a", "scheme, host and port alone"),
        ("https://news.example#a", "scheme, host and port alone"),
        ("https://me@news.example", "scheme, host and port alone"),
        ("https://*.news.example", "list every host"),
        ("*", "list every host"),
        ("null", "sandboxed"),
        ("news.example", "https://news.example$"),
        ("", "begins with http"),
        ("ftp://news.example", "begins with http"),
        ("https://", "begins with http"),
        ("https://news.example:99999", "begins with http"),
        ("https://a;b", "letters, digits, dots and hyphens"),
        ("https://a'b", "letters, digits, dots and hyphens"),
    ],
)
def test_a_typed_origin_that_is_none_is_told_what_to_type(typed: str, sentence: str) -> None:
    with pytest.raises(InvalidUrl, match=sentence):
        urls.normalise_origin(typed)
