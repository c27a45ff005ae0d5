"""What several promises stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.instance import Instance, instance


@pytest.fixture
def under_test(database_url: str, tmp_path: Path) -> Iterator[Instance]:
    """An instance for real processes to serve, on each database."""
    with instance(tmp_path, database_url) as made:
        yield made
