import numpy as np
import pytest
from keras import applications, utils

from tf_dictsum.extractors.backbones import BACKBONES, make_backbone
from tf_dictsum.extractors.extractor import make_extractor
from tf_dictsum.util.errors import UserError


@pytest.fixture(scope="module")
def mobilenet(tmp_path_factory):
    """A MobileNet with random weights and the file of them."""
    utils.set_random_seed(3)
    model = applications.MobileNet(
        weights=None, include_top=False, pooling="avg", input_shape=(224, 224, 3)
    )
    path = tmp_path_factory.mktemp("weights") / "mobile.weights.h5"
    model.save_weights(path)
    return model, path


def test_another_network(mobilenet):
    model, path = mobilenet
    extractor = make_extractor("mobilenet", str(path))
    picture = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    expected = model(
        applications.mobilenet.preprocess_input(picture.astype(np.float32)), training=False
    ).numpy()
    np.testing.assert_allclose(extractor(picture), expected, rtol=1e-4, atol=1e-5)
    record = extractor.record(2.0)
    assert record["network"] == "keras.applications.MobileNet"
    assert "centre crop 224, keras.applications preprocess_input" in record["preprocessing"]
    assert (
        make_extractor("MobileNet", str(path)).record(2.0) == record
    )  # names of layers that Keras counts up do not matter


def test_networks_are_found():
    assert {"ResNet50", "EfficientNetB0", "ConvNeXtTiny", "VGG16", "InceptionV3"} <= set(BACKBONES)


def test_mistakes(mobilenet, tmp_path, monkeypatch):
    with pytest.raises(
        UserError,
        match=r"--backbone=ResNet5: unknown. Give googlenet or one of keras.applications: .*ResNet50,",  # noqa: E501
    ):
        make_backbone("ResNet5", "")
    with pytest.raises(
        UserError, match=r"none: no such file; expected the weights of MobileNet without its top"
    ):
        make_backbone("MobileNet", str(tmp_path / "none"))
    with pytest.raises(
        UserError, match=r"mobile.weights.h5: not the weights of MobileNetV2 without its top"
    ):
        make_backbone("MobileNetV2", str(mobilenet[1]))

    def unreachable(**options):
        assert options["weights"] == "imagenet"
        raise Exception(
            "URL fetch failure on https://storage.googleapis.com/x: None -- unreachable"
        )

    unreachable.__name__ = "MobileNet"
    monkeypatch.setattr(applications, "MobileNet", unreachable)
    with pytest.raises(
        UserError,
        match=r"MobileNet: Keras has no weights of it .*URL fetch failure.*Give them by --weights=",
    ):
        make_backbone("MobileNet", "")
