"""Promise 10: no header names another address, but the one of a proxy that was configured.

What is counted by address tells: with one post allowed, a second is refused as long as both seem to
come from one place.
"""

import dataclasses
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Final

import pytest

from comments_service.config import Limit, Settings
from tests.cast import GAZETTE, PAGE, Cast, one_database
from tests.promises.outages import running

ADDRESS: Final = "203.0.113.9"
PROXY: Final = "192.0.2.1"
SPOOFED: Final = {
    "X-Forwarded-For": "{}",
    "Forwarded": "for={};proto=https",
    "X-Real-IP": "{}",
    "CF-Connecting-IP": "{}",
    "True-Client-IP": "{}",
    "X-Client-IP": "{}",
    "X-Cluster-Client-IP": "{}",
    "Fastly-Client-IP": "{}",
    "X-Original-Forwarded-For": "{}",
    "X-Forwarded": "for={}",
    "Forwarded-For": "{}",
    "Via": "1.1 {}",
}
"""Headers in which some proxy, somewhere, says whom it speaks for."""
VALUES: Final = ("198.51.100.7", "2001:db8::7", "127.0.0.1", "198.51.100.7, 198.51.100.8", "x")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, limit_address=Limit(1, 3_600))


def trusting(cast: Cast, *networks: str) -> None:
    """The service as configured to stand behind proxies in these networks."""
    trusted = tuple(ip_network(network) for network in networks)
    before = cast.app.config["COMMENTS"]
    cast.app.config["COMMENTS"] = dataclasses.replace(before, trusted_proxies=trusted)


def status(cast: Cast, address: str, said: Mapping[str, str] | None = None) -> int:
    """What a post from an address is answered with, with headers that say otherwise."""
    return cast.bob.post("Well said.", address=address, headers=dict(said or {})).status_code


@one_database
@pytest.mark.parametrize("name", SPOOFED)
def test_promise_10_no_header_changes_the_address(name: str, fresh_cast: Cast) -> None:
    assert status(fresh_cast, ADDRESS) == 202
    for value in VALUES:
        spoofed = {name: SPOOFED[name].format(value)}
        assert status(fresh_cast, ADDRESS, spoofed) == 429, value
    together = {header: form.format("198.51.100.7") for header, form in SPOOFED.items()}
    assert status(fresh_cast, ADDRESS, together) == 429


@one_database
@pytest.mark.parametrize("name", SPOOFED)
def test_promise_10_behind_a_proxy_only_its_own_header_does(name: str, fresh_cast: Cast) -> None:
    trusting(fresh_cast, f"{PROXY}/32")
    assert status(fresh_cast, PROXY) == 202
    for number, value in enumerate(VALUES[:2]):
        expected = 202 if name == "X-Forwarded-For" else 429
        said = {name: SPOOFED[name].format(value)}
        assert status(fresh_cast, PROXY, said) == expected
        # Whoever is no proxy of ours may say what they like.
        assert status(fresh_cast, ADDRESS, said) == (429 if number else 202)


@one_database
@pytest.mark.parametrize(
    ("forwarded", "of"),
    [
        # The reader wrote all but the last, which is what the proxy saw.
        ("198.51.100.7", "198.51.100.7"),
        ("10.0.0.1, 127.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("203.0.113.50, 198.51.100.7", "198.51.100.7"),
        # Two proxies of ours in a row.
        ("198.51.100.7, 192.0.2.77", "198.51.100.7"),
        ("127.0.0.1, 198.51.100.7, 192.0.2.77, 192.0.2.78", "198.51.100.7"),
        # With the port that some write, and IPv4 in IPv6's clothes.
        ("198.51.100.7:51234", "198.51.100.7"),
        ("[2001:db8::7]:51234", "2001:db8::7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        # What cannot be read counts for the nearest that can: for nobody there would be no limit.
        ("unknown", PROXY),
        ("198.51.100.7, unknown", PROXY),
        ("198.51.100.7, unknown, 192.0.2.77", "192.0.2.77"),
        ("", PROXY),
    ],
)
def test_promise_10_it_is_the_rightmost_hop_that_is_no_proxy(
    forwarded: str, of: str, fresh_cast: Cast
) -> None:
    trusting(fresh_cast, "192.0.2.0/24")
    assert status(fresh_cast, PROXY, {"X-Forwarded-For": forwarded}) == 202
    assert status(fresh_cast, of) == 429
    assert status(fresh_cast, "203.0.113.200") == 202


@pytest.mark.slow
def test_promise_10_nor_does_one_change_it_under_the_real_server(tmp_path: Path) -> None:
    env = {
        "COMMENTS_HOME": str(tmp_path / "instance"),
        "COMMENTS_LIMIT_ADDRESS": "1/3600",
        "COMMENTS_TOKEN_MIN_SECONDS": "0",
    }
    with running(env, tmp_path / "log") as service:
        token = service.call("GET", f"/api/v1/form-token?site=gazette&url={PAGE}").said["token"]
        body = {"site": "gazette", "url": PAGE, "author_name": "Ida", "body": "Hm.", "token": token}

        def post(**headers: str) -> int:
            sent = {"Origin": GAZETTE, **headers}
            return service.call("POST", "/api/v1/comments", body, sent).status

        assert post() == 201
        for name, form in SPOOFED.items():
            assert post(**{name: form.format("198.51.100.7")}) == 429, name
