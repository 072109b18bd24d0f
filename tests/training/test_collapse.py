"""One warning, when scores become constant."""

import logging as python_logging
from collections.abc import Iterator

import pytest
from absl import logging

from tf_dictsum.training.collapse import CollapseWatch


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """Messages that absl logs meanwhile."""
    seen: list[str] = []

    class Keep(python_logging.Handler):
        def emit(self, record: python_logging.LogRecord) -> None:
            seen.append(f"{record.levelname} {record.getMessage()}")

    handler = Keep()
    logger = logging.get_absl_logger()
    logger.addHandler(handler)
    yield seen
    logger.removeHandler(handler)


def feed(watch: CollapseWatch, *values: float) -> None:
    for value in values:
        watch.update(value)


def test_warns_once_after_a_fall(warnings: list[str]):
    watch = CollapseWatch()
    feed(watch, 0.1, 0.02)
    assert warnings == []
    feed(watch, 0.0199, 0.001, 0.3, 0.001)
    assert len(warnings) == 1
    assert warnings[0].startswith("WARNING scores collapse towards a constant")
    assert "0.0199" in warnings[0]
    assert "rank correlation" in warnings[0]


def test_an_untrained_selector_is_no_collapse(warnings: list[str]):
    feed(CollapseWatch(), 0.002, 0.005, 0.01, 0.05, 0.2)
    assert warnings == []


def test_never_spread_out(warnings: list[str]):
    feed(CollapseWatch(grace=3), 0.002, 0.002)
    assert warnings == []
    feed(CollapseWatch(grace=3), 0.002, 0.002, 0.002, 0.002)
    assert len(warnings) == 1


def test_nan_is_no_collapse(warnings: list[str]):
    feed(CollapseWatch(grace=1), float("nan"), float("nan"))
    assert warnings == []
