"""What TensorFlow Serving's own code answered to our exports, and what the embedded server answers.

Every recorded request is played on the same exports with the same flags. At least 95 of 100 answers
are equal: code and text, or the parsed body with scores within 1e-5. The rest is listed here, each
with the reason why it stays different.
"""

import collections
import json

import pytest
from recorded_serving import Player, server_flags, unpack_models
from serving_harness import EmbeddedServer

SETUPS = ("plain", "batching")
DIFFERENT = {  # (set-up, name of the row): why ours differs
    **dict.fromkeys(
        [(setup, "reflection") for setup in SETUPS],
        "reflection is offered, for grpcurl and its like; the recorded build has none",
    ),
    **dict.fromkeys(
        [
            *((setup, "predict both shapes wrong") for setup in SETUPS),
            *((setup, "rest predict inputs empty object") for setup in SETUPS),
        ],
        "two inputs are wrong and either is named first, in either server",
    ),
    ("batching", "predict B0 T0"): (
        "an empty batch waits there until another request comes; ours answers as without batching"
    ),
}


@pytest.fixture(scope="module")
def rows(shared):
    return json.loads((shared / "golden/serving/recorded_answers.json").read_text())


@pytest.fixture(scope="module", params=SETUPS)
def played(request, rows, shared, tmp_path_factory):
    """One set-up's rows, and by name what differs in our answer."""
    folder = tmp_path_factory.mktemp("recorded")
    server = EmbeddedServer(
        *server_flags(unpack_models(shared, folder), folder, request.param), wait="dictsum"
    )
    try:
        player = Player(server.address, server.rest)
        player.wait(versions=2)
        mine = [row for row in rows if row["setup"] == request.param]
        differences = [(row["name"], player.difference(row)) for row in mine]
        player.close()
        return request.param, mine, {name: text for name, text in differences if text}
    finally:
        server.stop()


def test_answers_are_equal(played):
    setup, mine, differences = played
    unexpected = {n: text for n, text in differences.items() if (setup, n) not in DIFFERENT}
    assert not unexpected
    assert len(differences) <= 0.05 * len(mine)


def test_the_recording_is_what_it_says(rows):
    assert len(rows) == 639
    assert collections.Counter(row["setup"] for row in rows) == {"plain": 335, "batching": 304}
    names = {(row["setup"], row["name"]) for row in rows}
    assert set(DIFFERENT) <= names
