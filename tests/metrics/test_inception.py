"""The network is checked against one that is written out below, in double precision, with its batch norms."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from panogen.base.errors import JobError
from panogen.base.files import sha256
from panogen.data.landscapes import Landscape, render_landscape
from panogen.metrics import inception
from panogen.metrics.frechet import Gaussian, frechet_distance, kernel_distance
from panogen.metrics.inception import Inception, enlarged, read_known

GENUINE = Path("shared", "weights", "inception-2015-12-05-to-mixed_6e.safetensors")
FOUND = next((folder / GENUINE for folder in Path(__file__).parents if (folder / GENUINE).exists()), None)
needs_genuine = pytest.mark.skipif(FOUND is None, reason=f"needs {GENUINE.name}")

ACROSS, DOWN = {"kernel": (1, 7), "padding": (0, 3)}, {"kernel": (7, 1), "padding": (3, 0)}
ROW, COLUMN = {"kernel": (1, 3), "padding": (0, 1)}, {"kernel": (3, 1), "padding": (1, 0)}
SQUARE = {"kernel": (3, 3), "padding": 1}
HALVED = {"kernel": (3, 3), "stride": 2}


class Reference:
    """The published network with the weights of ``state``; it draws those that are missing there."""

    def __init__(self, state):
        self.state = state

    def draw(self, name, shape):
        fan_in = shape[1] * shape[2] * shape[3]
        channels = shape[0]
        self.state |= {
            f"{name}.conv.weight": torch.randn(shape) * (2 / fan_in) ** 0.5,
            f"{name}.bn.weight": 0.7 + 0.6 * torch.rand(channels),
            f"{name}.bn.bias": 0.3 * torch.randn(channels),
            f"{name}.bn.running_mean": 0.3 * torch.randn(channels),
            f"{name}.bn.running_var": 0.5 + torch.rand(channels),
            f"{name}.bn.num_batches_tracked": torch.tensor(0),
        }

    def unit(self, name, x, channels, kernel=(1, 1), stride=1, padding=0):
        shape = (channels, x.shape[1], *kernel)
        if f"{name}.conv.weight" not in self.state:
            self.draw(name, shape)
        parts = ("conv.weight", "bn.running_mean", "bn.running_var", "bn.weight", "bn.bias")
        weight, *norm = (self.state[f"{name}.{part}"].double() for part in parts)
        assert weight.shape == shape
        x = F.conv2d(x, weight, None, stride, padding)
        return F.batch_norm(x, *norm, eps=0.001).clamp(min=0)

    def chain(self, name, x, *units):
        """Units named ``name``_1, _2 and so on."""
        for number, unit in enumerate(units, 1):
            x = self.unit(f"{name}_{number}", x, **unit)
        return x

    def average(self, name, x, channels):
        """Of the pixels that there are: zeros beyond the edge raise neither the sum nor the count."""
        pooled = F.avg_pool2d(x, 3, 1, 1) / F.avg_pool2d(torch.ones_like(x), 3, 1, 1)
        return self.unit(name, pooled, channels)

    def of_35(self, name, x, pooled):
        name = f"Mixed_{name}.branch"
        fives = self.chain(name + "5x5", x, {"channels": 48}, {"channels": 64, "kernel": (5, 5), "padding": 2})
        threes = {"channels": 96, **SQUARE}
        threes = self.chain(name + "3x3dbl", x, {"channels": 64}, threes, threes)
        return torch.cat([self.unit(name + "1x1", x, 64), fives, threes, self.average(name + "_pool", x, pooled)], 1)

    def of_17(self, name, x, narrow):
        name, narrow, out = f"Mixed_{name}.branch", {"channels": narrow}, {"channels": 192}
        once = self.chain(name + "7x7", x, narrow, narrow | ACROSS, out | DOWN)
        twice = self.chain(name + "7x7dbl", x, narrow, narrow | DOWN, narrow | ACROSS, narrow | DOWN, out | ACROSS)
        return torch.cat([self.unit(name + "1x1", x, 192), once, twice, self.average(name + "_pool", x, 192)], 1)

    def of_8(self, name, x, pooled):
        name = f"Mixed_{name}.branch"

        def fork(stem, x):
            return [self.unit(stem + "a", x, 384, **ROW), self.unit(stem + "b", x, 384, **COLUMN)]

        once = fork(name + "3x3_2", self.unit(name + "3x3_1", x, 384))
        twice = fork(name + "3x3dbl_3", self.chain(name + "3x3dbl", x, {"channels": 448}, {"channels": 384, **SQUARE}))
        return torch.cat([self.unit(name + "1x1", x, 320), *once, *twice, pooled(name + "_pool", x, 192)], 1)

    def maximum(self, name, x, channels):
        return self.unit(name, F.max_pool2d(F.pad(x, (1, 1, 1, 1), value=-torch.inf), 3, 1), channels)

    def to_6e(self, x):
        """Maps (n, 768, 17, 17) of (n, 3, 299, 299) from -1 to 1."""
        x = self.unit("Conv2d_1a_3x3", x, 32, **HALVED)
        x = self.unit("Conv2d_2a_3x3", x, 32, (3, 3))
        x = F.max_pool2d(self.unit("Conv2d_2b_3x3", x, 64, **SQUARE), 3, 2)
        x = self.unit("Conv2d_3b_1x1", x, 80)
        x = F.max_pool2d(self.unit("Conv2d_4a_3x3", x, 192, (3, 3)), 3, 2)
        for name, pooled in (("5b", 32), ("5c", 64), ("5d", 64)):
            x = self.of_35(name, x, pooled)
        twice = self.chain(
            "Mixed_6a.branch3x3dbl", x, {"channels": 64}, {"channels": 96, **SQUARE}, {"channels": 96, **HALVED}
        )
        x = torch.cat([self.unit("Mixed_6a.branch3x3", x, 384, **HALVED), twice, F.max_pool2d(x, 3, 2)], 1)
        for name, narrow in (("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)):
            x = self.of_17(name, x, narrow)
        return x

    def to_7c(self, x):
        """Maps (n, 2048, 8, 8) of those at 6e."""
        out = {"channels": 192}
        once = self.chain("Mixed_7a.branch3x3", x, out, {"channels": 320, **HALVED})
        twice = self.chain("Mixed_7a.branch7x7x3", x, out, out | ACROSS, out | DOWN, out | HALVED)
        x = torch.cat([once, twice, F.max_pool2d(x, 3, 2)], 1)
        return self.of_8("7c", self.of_8("7b", x, self.average), self.maximum)


def inputs(pictures):
    """What the network sees of pictures (n, H, W, 3), in double precision."""
    return (enlarged(torch.from_numpy(pictures).permute(0, 3, 1, 2).double()) - 128) / 128


def blocks(seed, count=2, side=32):
    """Pictures of random squares."""
    small = np.random.default_rng(seed).integers(0, 256, (count, side // 4, side // 4, 3), np.uint8)
    return small.repeat(4, 1).repeat(4, 2)


@pytest.fixture(scope="module")
def drawn():
    """A network of random weights, pictures, and the maps at 6e and 7c that the reference gives of them."""
    torch.manual_seed(0)
    reference, pictures = Reference({}), blocks(0)
    at_6e = reference.to_6e(inputs(pictures))
    at_7c = reference.to_7c(at_6e)
    reference.state |= {"fc.weight": torch.randn(1008, 2048), "fc.bias": torch.randn(1008)}
    return reference.state, pictures, at_6e, at_7c


def load_as_known(path, monkeypatch, name):
    monkeypatch.setattr(inception, "FILES", {sha256(path): name})
    return Inception.load(path)


def assert_near(features, maps, relative=1e-4):
    expected = maps.mean((2, 3)).numpy()
    assert features.dtype == np.float32
    assert np.linalg.norm(features - expected) < relative * np.linalg.norm(expected)


def test_the_complete_file_gives_2048_features_as_the_network_with_its_batch_norms(drawn, tmp_path, monkeypatch):
    state, pictures, _, at_7c = drawn
    torch.save(state, tmp_path / "some name")
    network = load_as_known(tmp_path / "some name", monkeypatch, "complete.pth")
    assert network.dims == 2048
    features = network.features(pictures)
    assert features.shape == (2, 2048)
    assert_near(features, at_7c)


def test_the_file_that_ends_at_6e_gives_768_features_batch_by_batch(drawn, tmp_path, monkeypatch):
    state, pictures, at_6e, _ = drawn
    save_file(
        {name: value for name, value in state.items() if not name.startswith(("Mixed_7", "fc"))}, tmp_path / "part"
    )
    network = load_as_known(tmp_path / "part", monkeypatch, "part.safetensors")
    assert network.dims == 768
    done = []
    three = np.concatenate([pictures, pictures[:1]])
    three.flags.writeable = False
    features = network.features(three, batch=2, progress=done.append)
    assert features.shape == (3, 768) and done == [2, 1]
    assert_near(features[:2], at_6e)
    np.testing.assert_allclose(features[2], features[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(network.features(three, batch=2), features)
    assert network.features(three[:0]).shape == (0, 768)


@pytest.mark.parametrize("zipped", [True, False])
def test_both_of_torchs_formats_are_read(zipped, tmp_path, monkeypatch):
    path, state = tmp_path / "x", {"a": torch.randn(3), "b": torch.randn(2, 2)}
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    monkeypatch.setattr(inception, "FILES", {sha256(path): "x.pth"})
    torch.testing.assert_close(read_known(path), state, rtol=0, atol=0)


def test_any_other_file_is_refused_by_its_hash_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "pt_inception-2015-12-05-6726825d.pth"
    path.write_bytes(b"no network")
    with pytest.raises(JobError, match=rf"{path.name}: SHA-256 is {sha256(path)}, .*give .*\.pth \(6726825d.*4137cc54"):
        Inception.load(path)
    with pytest.raises(JobError, match=rf"{tmp_path}/absent: cannot be read: No such file"):
        Inception.load("~/absent")
    with pytest.raises(JobError, match="cannot be read"):
        Inception.load(tmp_path)


@pytest.mark.parametrize(
    "pictures", [np.zeros((2, 8, 8), np.uint8), np.zeros((2, 8, 8, 4), np.uint8), np.zeros((2, 8, 8, 3), np.float32)]
)
def test_what_are_no_pictures_is_refused(pictures):
    with pytest.raises(ValueError, match=r"\(n, H, W, 3\) uint8, got \(2, 8, 8"):
        Inception({}).features(pictures)


def test_pictures_are_enlarged_as_tensorflow_1_did(monkeypatch):
    """Its own answer, often quoted, for resize_bilinear([[0, 1], [2, 3]], (4, 4), align_corners=False)."""
    monkeypatch.setattr(inception, "SIDE", 4)
    x = torch.tensor([[0.0, 1.0], [2.0, 3.0]]).expand(2, 3, 2, 2)
    expected = [[0, 0.5, 1, 1], [1, 1.5, 2, 2], [2, 2.5, 3, 3], [2, 2.5, 3, 3]]
    torch.testing.assert_close(enlarged(x), torch.tensor(expected).expand(2, 3, 4, 4))


def test_ramps_rise_from_the_first_pixel_until_the_last_one_is_reached():
    rows, columns = np.mgrid[:40, :64]
    x = torch.tensor(np.stack([rows, columns, 3 * rows + columns])[None], dtype=torch.float32)
    row, column = (np.minimum(np.arange(299) * side / 299, side - 1) for side in (40, 64))
    row, column = np.broadcast_arrays(row[:, None], column)
    np.testing.assert_allclose(enlarged(x)[0], np.stack([row, column, 3 * row + column]), atol=1e-4)


def test_pictures_of_299_pixels_stay_and_of_twice_that_lose_every_other_pixel():
    x = torch.randn(1, 3, 299, 598)
    torch.testing.assert_close(enlarged(x), x[..., ::2], rtol=0, atol=0)


@pytest.fixture(scope="module")
def genuine():
    return Inception.load(FOUND)


@needs_genuine
def test_the_genuine_network_in_single_precision_equals_itself_in_double(genuine):
    pictures = blocks(1)
    features = genuine.features(pictures)
    double = Inception({name: (weight.double(), bias.double()) for name, (weight, bias) in genuine.layers.items()})
    expected = double.features(pictures)
    assert np.abs(features - expected).max() < 1e-4 * np.abs(expected).mean()
    assert_near(features, Reference(load_file(FOUND)).to_6e(inputs(pictures)))


def crops(turn, up=0):
    """6 crops of 32 pixels from as many places, at a yaw of ``turn`` in 16ths, seen ``up`` pixels higher."""
    bands = [render_landscape(Landscape.from_seed(seed), 64, 512) for seed in range(6)]
    return np.stack([band[16 - up : 48 - up, 32 * turn : 32 * turn + 32] for band in bands])


def blurred(pictures, deviation):
    return np.stack([cv2.GaussianBlur(picture, (0, 0), deviation) for picture in pictures])


def noisy(pictures, deviation):
    noise = np.random.default_rng(0).normal(0, deviation, pictures.shape)
    return (pictures + noise).clip(0, 255).round().astype(np.uint8)


@needs_genuine
def test_the_distance_grows_with_blur_noise_and_shift_from_that_of_two_halves(genuine, monkeypatch):
    """48 pictures, enlarged to half the side, which takes a quarter of the time. With 6 in a set of 768 features the
    covariances are singular and the floor is high; distances of equal n still have an order."""
    monkeypatch.setattr(inception, "SIDE", 149)
    half, other = crops(3), crops(11)
    known = genuine.features(half)
    of_half = Gaussian.of(known)
    assert frechet_distance(of_half, known) < 1e-9

    def distances(changed):
        sets = [genuine.features(pictures) for pictures in changed]
        return [frechet_distance(of_half, x) for x in sets], [kernel_distance(known, x) for x in sets]

    (floor,), (kernel_floor,) = distances([other])
    for worse in (
        [blurred(other, pixels) for pixels in (1, 3)],
        [noisy(other, levels) for levels in (5, 20)],
        [crops(11, pixels) for pixels in (4, 16)],
    ):
        found, by_kernel = distances(worse)
        assert floor < found[0] < found[1]
        assert kernel_floor < by_kernel[0] < by_kernel[1]
