"""The Keras network against Caffe's layers written out in numpy."""

import keras
import numpy as np
import pytest
from googlenet_weights import random_weights

from tf_dictsum.extractors.googlenet import convolutions, googlenet, set_weights
from tf_dictsum.util.errors import UserError

MEAN_BGR = np.array([104.0, 117.0, 123.0])


def conv(x, arrays, name, stride=1, pad=0):
    """Caffe's Convolution + ReLU on [h, w, c]."""
    kernel, bias = arrays[f"{name}/kernel"].astype(np.float64), arrays[f"{name}/bias"]
    side = kernel.shape[0]
    x = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (side, side), (0, 1))[
        ::stride, ::stride
    ]  # [h, w, c, i, j]
    return np.maximum(np.tensordot(windows, kernel, ([3, 4, 2], [0, 1, 2])) + bias, 0)


def pool(x, stride, pad=0):
    """Caffe's 3x3 MaxPooling: the output size is rounded up, windows may hang over the edge."""
    size = [-(-(n + 2 * pad - 3) // stride) + 1 for n in x.shape[:2]]
    padded = np.full((x.shape[0] + pad + 4, x.shape[1] + pad + 4, x.shape[2]), -np.inf)
    padded[pad : pad + x.shape[0], pad : pad + x.shape[1]] = x
    rows, columns = (stride * np.arange(n) for n in size)
    return np.max([padded[rows + i][:, columns + j] for i in range(3) for j in range(3)], axis=0)


def lrn(x):
    """Caffe's LRN: local_size 5, alpha 1e-4 over the size, beta 0.75."""
    padded = np.pad(np.square(x), ((0, 0), (0, 0), (2, 2)))
    total = sum(padded[..., i : i + x.shape[-1]] for i in range(5))
    return x / (1 + 1e-4 / 5 * total) ** 0.75


def caffe(rgb, arrays):
    """pool5 of one picture uint8 [224, 224, 3], as models/bvlc_googlenet/deploy.prototxt says."""
    x = rgb[..., ::-1].astype(np.float64) - MEAN_BGR
    x = lrn(pool(conv(x, arrays, "conv1/7x7_s2", 2, 3), 2))
    x = conv(conv(x, arrays, "conv2/3x3_reduce"), arrays, "conv2/3x3", pad=1)
    x = pool(lrn(x), 2)
    for module in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"):
        p = f"inception_{module}"
        x = np.concatenate(
            [
                conv(x, arrays, f"{p}/1x1"),
                conv(conv(x, arrays, f"{p}/3x3_reduce"), arrays, f"{p}/3x3", pad=1),
                conv(conv(x, arrays, f"{p}/5x5_reduce"), arrays, f"{p}/5x5", pad=2),
                conv(pool(x, 1, 1), arrays, f"{p}/pool_proj"),
            ],
            axis=-1,
        )
        if module in ("3b", "4e"):
            x = pool(x, 2)
    assert x.shape == (7, 7, 1024)
    return x.mean(axis=(0, 1))


def test_same_numbers_as_caffes_layers():
    arrays = random_weights()
    keras.utils.set_random_seed(0)
    model = googlenet()
    set_weights(model, arrays, "test")
    picture = np.random.default_rng(1).integers(0, 256, (224, 224, 3), np.uint8)
    expected = caffe(picture, arrays)
    assert expected.std() > 0.01
    found = model(picture[None].astype(np.float32), training=False).numpy()[0]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_size():
    model = googlenet()
    assert len(convolutions(model)) == 57
    assert model.count_params() == 5_973_552  # 6,998,552 with the classifier of 1000 x 1024 + 1000
    assert model.output_shape == (None, 1024)


def test_weights_that_do_not_fit():
    model, arrays = googlenet(), random_weights()
    less = {k: v for k, v in arrays.items() if not k.startswith("inception_4c")}
    with pytest.raises(
        UserError,
        match=r"w.npz: not the weights of BVLC GoogLeNet: 12 of 114 arrays are missing, such as inception_4c",  # noqa: E501
    ):
        set_weights(model, less, "w.npz")
    with pytest.raises(UserError, match=r"114 of 114 arrays are missing.*it has nothing"):
        set_weights(model, {}, "w.npz")
    turned = {**arrays, "conv2/3x3/kernel": arrays["conv2/3x3/kernel"].transpose(3, 2, 0, 1)}
    with pytest.raises(
        UserError,
        match=r"w.npz: conv2/3x3 has shapes \(192, 64, 3, 3\) and \(192,\), GoogLeNet has \(3, 3, 64, 192\)",  # noqa: E501
    ):
        set_weights(model, turned, "w.npz")
