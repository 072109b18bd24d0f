"""One bad input does not stop the rest."""

from tf_dictsum.util.each import SOME_FAILED, each, say_failures
from tf_dictsum.util.errors import UserError


def test_the_others_are_done(capsys):
    done = []

    def work(item):
        if item == 2:
            raise UserError("2: cannot be read.")
        done.append(item)

    failures = each([1, 2, 3], work)
    assert done == [1, 3]
    assert failures == ["2: cannot be read."]
    assert say_failures(failures, 3) == SOME_FAILED == 3
    assert capsys.readouterr().err.endswith("1 of 3 failed:\n  2: cannot be read.\n")


def test_nothing_failed(capsys):
    assert say_failures(each([1], lambda item: None), 1) == 0
    assert capsys.readouterr() == ("", "")
