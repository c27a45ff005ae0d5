"""The hostile inputs of the shared data set, unpacked; absent data skips with its reason."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any, TypeAlias

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data" / "security"

Row: TypeAlias = dict[str, Any]


def rows(name: str) -> list[Row]:
    """All rows of `name`.jsonl, long fields unpacked; empty where the data is not at hand."""
    path = DATA / f"{name}.jsonl"
    if not path.exists():
        return []
    return [_unpacked(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def cases(*names: str) -> pytest.MarkDecorator:
    """Parametrize `row` over the files' rows; one skipped test where they are absent."""
    found = [pytest.param(row, id=row["id"]) for name in names for row in rows(name)]
    absent = pytest.param({}, marks=pytest.mark.skip(reason=f"{DATA} is not on this machine"))
    return pytest.mark.parametrize("row", found or [absent])


def _unpacked(row: Row) -> Row:
    packed = [field for field in row if field.endswith("_gz_b64")]
    for field in packed:
        raw = gzip.decompress(base64.b64decode(row.pop(field)))
        name = field.removesuffix("_gz_b64")
        row[name] = raw if name.endswith("_bytes") else raw.decode("utf-8", "surrogatepass")
    return row
