"""Which thread a page has, and the address that is kept of it."""

import dataclasses
from pathlib import Path

import pytest

from comments_service.config import Settings
from comments_service.domain.urls import display_url
from comments_service.services.pages import PageRef, thread_name, tracking_of
from tests.support.service import settings_for


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A publisher whose newsletter marks its readers."""
    return dataclasses.replace(settings_for(tmp_path, "sqlite://"), extra_tracking=("ref", "nl_*"))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/x?ref=me&id=7", "https://a.example/x?id=7"),
        ("https://a.example/x?NL_week=3", "https://a.example/x"),
        ("https://a.example/x?utm_source=mail", "https://a.example/x"),
        ("https://a.example/x?refs=7", "https://a.example/x?refs=7"),
    ],
)
def test_a_sites_own_tracking_parameters_name_no_thread_and_are_not_kept(
    settings: Settings, url: str, shown: str
) -> None:
    assert display_url(url, tracking_of(settings)) == shown
    assert thread_name(PageRef(url=url), settings) == thread_name(PageRef(url=shown), settings)
