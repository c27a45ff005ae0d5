"""Every fuzzed target withstands what it began with, what once broke it, and some chance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.kept import BEGIN, BROKE, inputs_for
from tests.fuzz.targets import TARGETS

texts = st.text(max_size=200).map(lambda text: b"\0" + text.encode("utf-8", "surrogatepass"))


def test_every_target_has_an_input_and_no_other() -> None:
    assert BEGIN.keys() == TARGETS.keys() >= BROKE.keys()


@pytest.mark.parametrize(
    ("target", "data"), [(name, data) for name in TARGETS for data in inputs_for(name)]
)
def test_what_is_kept_breaks_nothing(target: str, data: bytes) -> None:
    TARGETS[target](data)


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.binary(max_size=200) | texts)
def test_chance_breaks_nothing(target: str, data: bytes) -> None:
    TARGETS[target](data)
