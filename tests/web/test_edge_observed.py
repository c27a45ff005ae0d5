"""What metrics and logs tell of the answers that the layer before Flask gave."""

import dataclasses
import json

import pytest

from comments_service.config import Settings
from comments_service.web.edge import Edge
from tests.cast import Cast, one_database
from tests.web.test_edge import COUNTS, edge, get

__all__ = ["edge"]


@one_database
def test_metrics_tell_hits_misses_and_bytes(cast: Cast, edge: Edge) -> None:
    cast.publish()
    before = metrics(cast)
    get(cast.app, COUNTS)
    for _ in range(3):
        get(cast.app, COUNTS, headers={"If-None-Match": "*"})
    after = metrics(cast)
    grown = {name: after[name] - before.get(name, 0) for name in after}
    assert grown['comments_edge_total{result="hit"}'] == 3
    assert grown['comments_edge_total{result="miss"}'] == 1
    route = 'method="GET",route="/api/v1/counts"'
    assert grown[f'comments_requests_total{{{route},status="304"}}'] == 3
    assert grown[f'comments_requests_total{{{route},status="200"}}'] == 1
    assert after["comments_edge_bytes"] == edge.kept.size > 0


def metrics(cast: Cast) -> dict[str, float]:
    lines = get(cast.app, "/metrics").get_data(as_text=True).splitlines()
    pairs = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: float(value) for name, _, value in pairs}


class TestLog:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, log_requests="all")

    @one_database
    def test_where_every_request_is_logged_so_are_these(
        self, fresh_cast: Cast, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fresh_cast.publish()
        capsys.readouterr()
        for _ in range(3):
            get(fresh_cast.app, COUNTS)
        assert capsys.readouterr().err.count('"route": "/api/v1/counts"') == 3

    @one_database
    def test_a_line_from_memory_bears_no_other_requests_id(
        self, fresh_cast: Cast, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fresh_cast.publish()
        get(fresh_cast.app, COUNTS)
        get(fresh_cast.app, "/healthz", headers={"X-Request-Id": "somebody-elses"})
        capsys.readouterr()
        get(fresh_cast.app, COUNTS)
        line = json.loads(capsys.readouterr().err)
        assert line["route"] == "/api/v1/counts"
        assert "request_id" not in line
