"""Promise 15: counts are right. Random steps of readers, moderators, owners and time, compared.

Whatever a step was answered, and whatever the service shows after it to strangers, to authors and
to moderators, must be what a small model says. So it is for promise 14, too: what waits is in no
list, no count, no feed and under no address, but its author's. In the end `verify` finds nothing.
"""

from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.cast import Cast
from tests.promises.walk import Stage, Walk
from tests.support.service import close_app, make_app

SHORT: Final = 200
LONG: Final = 10_000
"""Steps, of all walks together."""
WAYS: Final = {
    *("post 201", "post 202", "post 404", "post 409", "post 422", "retry True", "retry False"),
    *("edit 200", "edit 403", "edit 404", "edit 422", "withdraw 204", "withdraw 403"),
    *("withdraw 404", "done", "held", "conflict", "undo True", "undo False"),
    *("page", "site", "time", "restart", "ban", "post 403"),
}
"""What ten thousand steps must have led to."""


@pytest.fixture
def stage(fresh_cast: Cast) -> Iterator[Stage]:
    conf, clock = fresh_cast.app.config["COMMENTS"], fresh_cast.clock
    found = Stage(fresh_cast, make_app(conf, clock), make_app(conf, clock))
    yield found
    close_app(found.app)
    close_app(found.other)


@pytest.mark.parametrize(
    ("steps", "in_one_walk"),
    [
        pytest.param(SHORT, 40, id="some"),
        pytest.param(LONG, 100, id="many", marks=[pytest.mark.long, pytest.mark.timeout(7_200)]),
    ],
)
def test_promise_15_random_steps_agree_with_a_small_model(
    steps: int, in_one_walk: int, stage: Stage
) -> None:
    machine = type("ThisWalk", (Walk,), {"stage": stage})
    while stage.told["steps"] < steps:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=max(5, steps // 1_000),
                stateful_step_count=in_one_walk,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert steps < LONG or set(stage.told) >= WAYS
