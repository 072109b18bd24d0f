"""PyTorch weights come along: names, layouts, double biases, and clear refusals."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum.methods.sum_gan_aae.model import Summarizer
from tf_dictsum.methods.sum_gan_aae.settings import SumGanAaeSettings
from tf_dictsum.selectors.files import read_selector
from tf_dictsum.selectors.torch_weights import load_summarizer
from tf_dictsum.util.errors import UserError

SIZE, UNITS = 6, 4


def state_dict():
    """Names and shapes of the public code's model, random values, both biases in use."""
    rng = np.random.default_rng(0)
    shapes = {"0.weight": (UNITS, SIZE), "0.bias": (UNITS,)}

    def lstm(prefix, layer, inputs, suffix=""):
        shapes.update(
            {
                f"{prefix}weight_ih{layer}{suffix}": (4 * UNITS, inputs),
                f"{prefix}weight_hh{layer}{suffix}": (4 * UNITS, UNITS),
                f"{prefix}bias_ih{layer}{suffix}": (4 * UNITS,),
                f"{prefix}bias_hh{layer}{suffix}": (4 * UNITS,),
            }
        )

    for suffix in ("", "_reverse"):
        lstm("1.s_lstm.lstm.", "_l0", UNITS, suffix)
        lstm("1.s_lstm.lstm.", "_l1", 2 * UNITS, suffix)
    for layer in ("_l0", "_l1"):
        lstm("1.auto_enc.e_lstm.lstm.", layer, UNITS)
        lstm("2.cLSTM.lstm.", layer, UNITS)
    lstm("1.auto_enc.d_lstm.lstm_cell.layers.0.", "", 2 * UNITS)
    lstm("1.auto_enc.d_lstm.lstm_cell.layers.1.", "", UNITS)
    shapes |= {
        "1.s_lstm.out.0.weight": (1, 2 * UNITS),
        "1.s_lstm.out.0.bias": (1,),
        "1.auto_enc.d_lstm.attn.attn.weight": (UNITS, 2 * UNITS),
        "1.auto_enc.d_lstm.attn.attn.bias": (UNITS,),
        "1.auto_enc.d_lstm.out.weight": (UNITS, UNITS),
        "1.auto_enc.d_lstm.out.bias": (UNITS,),
        "2.out.0.weight": (1, UNITS),
        "2.out.0.bias": (1,),
    }
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def convert(weights, out):
    return subprocess.run(
        [sys.executable, "-m", "tf_dictsum.convert", f"--torch_weights={weights}", f"--out={out}"],
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_npz_becomes_a_selector(tmp_path):
    state = state_dict()
    np.savez(tmp_path / "w.npz", **state)
    done = convert(tmp_path / "w.npz", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "6 features, H = 4" in done.stdout
    scorer, info = read_selector(tmp_path / "out")
    assert info["converted_from"] == "w.npz"
    reference = Summarizer(SIZE, SumGanAaeSettings(hidden_size=UNITS))
    load_summarizer(reference, state, "state")
    x = tf.random.uniform([1, 9, SIZE], seed=1)
    np.testing.assert_array_equal(scorer(x), reference(x))
    bias = reference.encoder.layers[0][0].bias.numpy()
    np.testing.assert_allclose(
        bias,
        state["1.auto_enc.e_lstm.lstm.bias_ih_l0"] + state["1.auto_enc.e_lstm.lstm.bias_hh_l0"],
        rtol=1e-6,
    )


def test_data_parallel_prefix_is_understood():
    load_summarizer(
        Summarizer(SIZE, SumGanAaeSettings(hidden_size=UNITS)),
        {f"module.{k}": v for k, v in state_dict().items()},
        "state",
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda s: s.pop("1.auto_enc.d_lstm.out.bias"),
            "state: no weight named 1.auto_enc.d_lstm.out.bias",
        ),
        (
            lambda s: s.update(extra=np.zeros(2)),
            "1 weights have no place in the model, such as extra",
        ),
        (
            lambda s: s.update({"2.out.0.bias": np.zeros(3)}),
            r"2.out.0.bias has shape \[3\], expected \[1\]",
        ),
        (lambda s: s.update({"2.out.0.bias": np.array([np.nan])}), "2.out.0.bias holds NaN"),
    ],
)
def test_other_state_dicts_are_refused(change, message):
    state = state_dict()
    change(state)
    with pytest.raises(UserError, match=message):
        load_summarizer(Summarizer(SIZE, SumGanAaeSettings(hidden_size=UNITS)), state, "state")


def test_command_line_mistakes(tmp_path):
    missing = convert(tmp_path / "none.npz", tmp_path / "out")
    assert (missing.returncode, missing.stderr) == (
        2,
        f"error: {tmp_path / 'none.npz'}: no such file.\n",
    )
    (tmp_path / "bad.npz").write_bytes(b"PK rubbish")
    bad = convert(tmp_path / "bad.npz", tmp_path / "out")
    assert bad.returncode == 2
    assert "not an .npz archive" in bad.stderr
    (tmp_path / "w.pkl").write_bytes(b"rubbish")
    torch = convert(tmp_path / "w.pkl", tmp_path / "out")
    assert torch.returncode == 2
    assert "needs PyTorch" in torch.stderr or "not a PyTorch state dict" in torch.stderr
    np.savez(tmp_path / "other.npz", a=np.zeros(2))
    other = convert(tmp_path / "other.npz", tmp_path / "out")
    assert other.returncode == 2
    assert "no weight named 0.weight" in other.stderr
    assert not (tmp_path / "out").exists()


def test_selector_files_are_checked(tmp_path):
    (tmp_path / "selector.json").write_text('{"input_size": 6}')
    with pytest.raises(UserError, match=r"selector.json: does not describe a selector"):
        read_selector(tmp_path)
    (tmp_path / "selector.json").write_text(
        '{"input_size": 6, "hidden_size": 4, "bidirectional": true}'
    )
    with pytest.raises(UserError, match=r"selector.weights.h5: no such file"):
        read_selector(tmp_path)
    (tmp_path / "selector.weights.h5").write_bytes(b"rubbish")
    with pytest.raises(UserError, match=r"selector.weights.h5: not the weights of a selector"):
        read_selector(tmp_path)
