"""Moderators and tokens from the command line, on both databases."""

import re
from pathlib import Path

import pytest
from flask import Flask

from comments_service.config import load_settings
from comments_service.domain.errors import NotSignedIn
from comments_service.services.sessions import Browser, sign_in
from tests.cli.conftest import CommandLine
from tests.support.clock import Clock

ALICE = "alice@gazette.example"


@pytest.fixture
def password(gazette: str, comments_service: CommandLine) -> str:
    """Alice's one-time password; the output is that and nothing else."""
    said = comments_service("moderator", "create", ALICE, "--role", "owner")
    assert said.status == 0, said.err
    return said.out.removesuffix("\n")


def can_sign_in(service: Flask, password: str) -> bool:
    with service.app_context():
        try:
            sign_in(load_settings(), ALICE, password, Browser(None, None), Clock().now)
        except NotSignedIn:
            return False
    return True


def test_a_moderator_is_made_and_the_password_printed_alone(
    password: str, service: Flask, instance: Path
) -> None:
    assert re.fullmatch(r"[\w-]{16,}", password)
    assert can_sign_in(service, password)
    assert not can_sign_in(service, password + "x")


def test_a_renewed_password_ends_the_old_one(
    password: str, service: Flask, comments_service: CommandLine
) -> None:
    said = comments_service("moderator", "password", ALICE.upper())
    renewed = said.out.removesuffix("\n")
    assert re.fullmatch(r"[\w-]{16,}", renewed)
    assert can_sign_in(service, renewed)
    assert not can_sign_in(service, password)


def test_moderators_are_listed_without_their_secrets(
    password: str, comments_service: CommandLine
) -> None:
    words = ("moderator", "create", "bob@gazette.example", "--role", "moderator")
    comments_service(*words, "--site", "gazette")
    said = comments_service("moderator", "list")
    assert said.lines == [
        f"{ALICE}\towner\tall sites",
        "bob@gazette.example\tmoderator\tgazette",
    ]
    assert password not in said.out


def test_a_removed_moderator_is_out(
    password: str, service: Flask, comments_service: CommandLine
) -> None:
    assert comments_service("moderator", "remove", ALICE).status == 0
    assert not can_sign_in(service, password)
    assert comments_service("moderator", "list").lines == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["create", ALICE, "--role", "owner"], "is a moderator already"),
        (["create", "alice", "--role", "owner"], "is no e-mail address"),
        (["create", "x@y.example"], "Missing option '--role'"),
        (["create", "x@y.example", "--role", "king"], "'--role'"),
        (["create", "x@y.example", "--role", "owner", "--site", "no"], "no such site: no"),
        (["password", "x@y.example"], "comments-service moderator list"),
        (["remove", "x@y.example"], "comments-service moderator list"),
    ],
)
def test_what_cannot_be_done_with_moderators_is_said(
    words: list[str], told: str, password: str, comments_service: CommandLine
) -> None:
    said = comments_service("moderator", *words)
    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert len(comments_service("moderator", "list").lines) == 1


def test_a_token_is_printed_alone_and_kept_as_a_hash(
    gazette: str, comments_service: CommandLine, service: Flask
) -> None:
    said = comments_service("token", "create", "--name", "desk", "--scope", "moderate")
    assert re.fullmatch(r"cst_[\w-]{43}\n", said.out)
    assert said.err == ""
    secret = said.out.strip()
    assert secret not in comments_service("token", "list").out
    headers = {"Authorization": f"Bearer {secret}"}
    answer = service.test_client().get("/api/v1/moderation/counts", headers=headers)
    assert answer.status_code == 200


def test_a_revoked_token_is_out_at_once(
    gazette: str, comments_service: CommandLine, service: Flask
) -> None:
    secret = comments_service(
        *("token", "create", "--name", "desk", "--scope", "moderate", "--site", gazette)
    ).out.strip()
    number, scope, state, name = comments_service("token", "list").lines[0].split("\t")
    assert (scope, state, name) == ("moderate", "valid", "desk")
    assert comments_service("token", "revoke", number).status == 0
    headers = {"Authorization": f"Bearer {secret}"}
    answer = service.test_client().get("/api/v1/moderation/counts", headers=headers)
    assert answer.status_code == 401
    assert comments_service("token", "list").lines[0].split("\t")[2] == "revoked"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["create", "--name", " ", "--scope", "moderate"], "name: Give the token a name"),
        (["create", "--name", "a\nb", "--scope", "moderate"], "name: A name is one line"),
        (["create", "--name", "x", "--scope", "moderate", "--site", "no"], "no such site: no"),
        (["create", "--scope", "moderate"], "Missing option '--name'"),
        (["revoke", "0000000000000"], "comments-service token list"),
        (["revoke", "nonsense"], "comments-service token list"),
    ],
)
def test_what_cannot_be_done_with_tokens_is_said(
    words: list[str], told: str, instance: Path, comments_service: CommandLine
) -> None:
    said = comments_service("token", *words)
    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert comments_service("token", "list").lines == []
