from tf_dictsum.util.progress import PhaseBar


def test_bars_go_to_stderr_with_the_time_left(capsys):
    bar = PhaseBar(True, "holiday")
    bar.update("reading", 0, 60.0, "s")
    bar.update("reading", 61.0, 60.0, "s")  # headers lie
    bar.update("clip", 3, 10, "frames")
    bar.close()
    bar.close()
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "holiday: reading:   0% |" in seen.err
    assert "0/60 s [00:00<?]" in seen.err
    assert "holiday: clip:" in seen.err


def test_a_total_that_is_not_known(capsys, monkeypatch):
    bar = PhaseBar(True, "holiday")
    bar.update("loading the network", 0, None)
    bar.close()
    assert capsys.readouterr().err == ""  # in a log file it would be a line that never changes
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    bar = PhaseBar(True, "holiday")
    bar.update("loading the network", 0, None)
    bar.close()
    assert "holiday: loading the network ..." in capsys.readouterr().err


def test_quiet(capsys):
    PhaseBar(False, "x").update("reading", 1, 2)
    assert capsys.readouterr().err == ""
