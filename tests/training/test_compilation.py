"""What is compiled and what it costs, said once."""

import pytest
from absl import logging

from tf_dictsum.training.compilation import CompilationReport


def run_epochs(
    report: CompilationReport, monkeypatch: pytest.MonkeyPatch, seconds: list[float]
) -> None:
    clock = {"now": 0.0}
    monkeypatch.setattr("tf_dictsum.training.compilation.time.perf_counter", lambda: clock["now"])
    for epoch, duration in enumerate(seconds):
        report.on_epoch_begin(epoch)
        for batch in range(2):
            report.on_train_batch_begin(batch)
            clock["now"] += duration / 2
            report.on_train_batch_end(batch)
        clock["now"] += 100  # evaluation, not counted
        report.on_epoch_end(epoch)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(logging, "info", lambda text, *values: lines.append(text % values))
    return lines


def test_lengths_and_seconds_once(said: list[str], monkeypatch: pytest.MonkeyPatch):
    report = CompilationReport("loops", (64, 320))
    run_epochs(report, monkeypatch, [10.0, 4.0, 4.0])
    run_epochs(report, monkeypatch, [4.0, 4.0])  # another split
    assert said == [
        "XLA compiles its time loops, once for each padded length: 64, 320.",
        "the first epoch's steps took 10.0 s, the second's 4.0 s: 6.0 s for tracing and "
        "compiling 2 lengths. "
        "The next run finds them compiled.",
    ]


def test_nothing_without_xla(said: list[str], monkeypatch: pytest.MonkeyPatch):
    run_epochs(CompilationReport("off", ()), monkeypatch, [1.0, 1.0])
    assert said == []
