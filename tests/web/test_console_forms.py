"""What the console's forms make of what was typed, without a page around them."""

import pytest

from comments_service.web.console_forms import local_path


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        (None, "/moderate/"),
        ("/moderate/log?site=gazette", "/moderate/log?site=gazette"),
        ("/moderate/?status=spam&cursor=o0", "/moderate/?status=spam&cursor=o0"),
        ("https://evil.example/moderate/", "/moderate/"),
        ("//evil.example/moderate/", "/moderate/"),
        ("/\\evil.example", "/moderate/"),
        ("/moderate/\\evil.example", "/moderate/"),
        ("\\\\evil.example", "/moderate/"),
        ("javascript:alert(1)", "/moderate/"),
        ("/moderate/../demo", "/moderate/"),
        ("/moderate/%2e%2e/demo", "/moderate/"),
        ("/moderate//evil.example", "/moderate/"),
        ("/moderate", "/moderate/"),
        ("/moderateur", "/moderate/"),
        ("/moderate/log\r\nSet-Cookie: a=b", "/moderate/"),
        ("/moderate/log\t", "/moderate/"),
        ("/moderate/sign-out", "/moderate/"),
        ("/moderate/sign-in?next=/moderate/", "/moderate/"),
        ("", "/moderate/"),
    ],
)
def test_next_leads_nowhere_but_into_the_console(wanted: str | None, leads_to: str) -> None:
    assert local_path(wanted) == leads_to
