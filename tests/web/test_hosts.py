"""A Host header that cannot be read is answered in a sentence, whatever was asked for."""

import pytest
from flask import Flask

from tests.cast import assert_problem, one_database

pytestmark = one_database


@pytest.mark.parametrize("host", ["a..b", ".", f"{'x' * 70}.example"])
@pytest.mark.parametrize("path", ["/", "/moderate/sign-in", "/nothing", "/healthz"])
def test_a_host_that_cannot_be_read_is_a_bad_request(host: str, path: str, app: Flask) -> None:
    answer = app.test_client().get(path, environ_overrides={"HTTP_HOST": host})
    assert_problem(answer, 400, "bad-request")
