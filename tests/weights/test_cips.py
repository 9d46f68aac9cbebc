import math
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from panogen.api import Panogen
from panogen.base.errors import JobError
from panogen.geometry import Plane
from panogen.grids import Camera, GridWindow, Perspective
from panogen.grids.view import View
from panogen.latents import LatentField
from panogen.rendering import Renderer, plan_of
from panogen.rendering.plans.noise import standard_normals
from panogen.weights import cips as official
from panogen.weights.cips import card_of, read_official
from tests.cips import checkpoint, evaluate, mapped, their_pixels, to_8_bit, z_of

NETWORKS = ("CIPSskip", "CIPSres")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "g_ema.pt"


def read(path, content):
    torch.save(content, path)
    return read_official(path)


def colours(model, grid, **noise):
    field = LatentField(Panogen(model, "").latent(4)[None])
    return np.concatenate(list(Renderer(plan_of(model.generator, field, grid, **noise), model.chart, grid, 1).blocks()))


def own_grid(model, width):
    return Perspective.lay_out(model.chart, Camera(), width)


@pytest.mark.parametrize("network", NETWORKS)
class TestEveryNetwork:
    def test_it_paints_what_the_authors_would(self, network, path):
        state = checkpoint(network)
        model = read(path, {"g": {}, "d": {}, "g_ema": state})
        expected = evaluate(state, z_of(4, 10), *their_pixels(16))
        assert np.abs(colours(model, own_grid(model, 16)) - expected).max() < 1e-5
        picture = Panogen(model, "").render(4, View(width=16)).reshape(-1, 3)
        assert np.abs(picture - to_8_bit(expected)).max() <= 1
        assert (np.abs(expected) < 1).mean() > 0.3
        assert expected.std(0).max() > 0.3

    @pytest.mark.parametrize("width", [5, 37])
    def test_at_any_other_size_it_paints_the_same_square(self, network, path, width):
        state = checkpoint(network)
        model = read(path, state)  # a bare state dict
        line = 16 / 15 * ((2 * np.arange(width) + 1) / width - 1)
        x, y = np.meshgrid(line, line)
        expected = evaluate(state, z_of(4, 10), x.ravel(), y.ravel())
        assert np.abs(colours(model, own_grid(model, width)) - expected).max() < 1e-5

    def test_noise_comes_where_the_authors_add_it(self, network, path):
        state = checkpoint(network)
        model = read(path, state)
        grid = GridWindow(own_grid(model, 16), 3, 2, 6, 9)
        x, y = (line.reshape(16, 16)[3:9, 2:11].ravel() for line in their_pixels(16))
        noise = standard_normals(grid.directions(0, len(grid)), model.generator.num_ws)
        expected = evaluate(state, z_of(4, 10), x, y, noise.astype(np.float64))
        assert np.abs(colours(model, grid, noise=True) - expected).max() < 1e-5
        assert np.abs(colours(model, grid) - expected).mean() > 0.01

    def test_parameters_that_need_a_gradient_are_read_too(self, network, path):
        state = {name: torch.nn.Parameter(value) for name, value in checkpoint(network).items()}
        model = read(path, state)
        assert not any(parameter.requires_grad for parameter in model.generator.parameters())

    def test_the_mean_latent_is_that_of_many(self, network, path):
        state = checkpoint(network)
        model, p = read(path, state), {name: value.numpy().astype(np.float64) for name, value in state.items()}
        every = np.array([mapped(p, z) for z in np.random.RandomState(1).randn(4000, 10)])
        apart = (model.generator.w_avg.numpy() - every.mean(0)) / every.std(0)
        assert np.abs(apart).max() < 5 * math.sqrt(1 / 4000 + 1 / 4096)

    def test_the_card_says_what_it_is(self, network, path):
        model = read(path, checkpoint(network))
        card = card_of(model, "faces")
        for text in (
            "# faces",
            network,
            "`g_ema.pt`",
            "16 x 16 cells x 12",
            "12, 12, 9, 5 channels",
            "--noise",
            "4096",
        ):
            assert text in card
        assert max(map(len, card.splitlines())) <= 120
        assert model.about["licence"] == "that of the authors' weights"


def test_right_is_right_and_down_is_down(path):
    # A network whose colours are known: red is a ramp of x, green one of y.
    state = {name: torch.zeros_like(value) for name, value in checkpoint("CIPSres", widths=(12,)).items()}
    for name in state:
        if name.endswith(".modulation.bias"):
            state[name] += 1
    state["lff.ffm.conv.weight"][:2, :, 0, 0] = 0.5 * torch.eye(2)  # sin(x / 2), sin(y / 2)
    state["linears.0.conv.weight"][0, :2, :2, 0, 0] = torch.eye(2)
    state["linears.0.activate.bias"][:2] = 1.0  # above the kink
    state["to_rgb_last.conv.weight"][0, :2, :2, 0, 0] = torch.eye(2)
    model = read(path, state)
    red, green, _ = colours(model, own_grid(model, 16)).T.reshape(3, 16, 16)
    assert (np.diff(red, axis=1) > 0.01).all()
    assert np.abs(np.diff(red, axis=0)).max() < 1e-6
    assert (np.diff(green, axis=0) > 0.01).all()
    assert np.abs(np.diff(green, axis=1)).max() < 1e-6
    right, up = (colours(model, Perspective(1, 1, 1.0, Camera(*turn))) for turn in ((20.0, 0.0), (0.0, 20.0)))
    assert right[0, 0] > red[0, 8]
    assert up[0, 1] < green[7, 0]


def test_the_plane_ends_half_a_pixel_beyond_theirs(path):
    assert read(path, checkpoint(size=32)).chart == Plane(32 / 31)


def changed(**more):
    state = checkpoint()
    for name, change in more.items():
        name = name.replace("__", ".")
        state[name] = change(state[name]) if callable(change) else change
    return state


def without(name):
    return {key: value for key, value in checkpoint().items() if key != name}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: [1, 2], "must hold a state dict, or one under g_ema, got a list"),
        (dict, "must hold a state dict, or one under g_ema, got nothing"),
        (lambda: {"g": checkpoint(), "args": 3}, "must hold a state dict, or one under g_ema, got g, args"),
        (lambda: {"g_ema": 3}, "must hold a state dict, or one under g_ema, got g_ema"),
        (lambda: {"a": torch.eye(3).to_sparse()}, "must hold a state dict, or one under g_ema, got a"),
        (
            lambda: {"conv.weight": torch.zeros(3)},
            "not a network of CIPSskip or CIPSres: it has no lff.ffm and emb.input",
        ),
        (lambda: without("conv1.conv.weight"), "tensor conv1.conv.weight is missing; the file is not a whole CIPSskip"),
        (lambda: without("linears.3.noise.weight"), "tensor linears.3.noise.weight is missing"),
        (
            lambda: without("linears.3.conv.weight"),
            "linears.3.conv.weight is missing; the file is not a whole CIPSskip",
        ),
        (lambda: without("style.1.weight"), "tensor style.1.weight is missing"),
        (lambda: without("to_rgbs.2.bias"), "tensor to_rgbs.2.bias is missing"),
        (lambda: changed(extra=torch.zeros(1)), "tensor extra is not of a CIPSskip network"),
        (lambda: changed(emb__input=lambda t: t[..., :12]), "emb.input must be square, got 16 x 12"),
        (lambda: changed(emb__input=lambda t: t[0, 0]), "tensor emb.input has the wrong shape, got (16, 16)"),
        (lambda: changed(emb__input=lambda t: t[:, :6]), "tensor conv1.conv.weight must be (1, 12, 18, 1, 1)"),
        (
            lambda: changed(lff__ffm__conv__bias=lambda t: t.half()),
            "torch.float32 in this network, got (12,) torch.float16",
        ),
        (lambda: changed(style__2__bias=lambda t: t * np.nan), "style.2.bias has values that are no finite numbers"),
        (lambda: changed(style__2__bias=lambda t: t * 3e38), "style.2.bias has values that are no finite numbers"),
        (lambda: changed(style__2__weight=lambda t: t * 1e36), "its mapping gives latents that are no finite numbers"),
        (lambda: checkpoint(size=3), "not the shape of a CIPSskip: the embedding must have at least 4 x 4 cells"),
        (lambda: checkpoint(widths=(12, 20, 5)), "not the shape of a CIPSskip: pair_widths must be in [1, 12]"),
        (lambda: checkpoint(widths=()), "not the shape of a CIPSskip: depth must be odd and at least 3"),
    ],
)
def test_what_is_not_theirs_is_one_sentence(path, content, message):
    with pytest.raises(JobError) as error:
        read(path, content())
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_are_cut_short(path):
    torch.save(checkpoint(), path)
    whole = path.read_bytes()
    for size in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(JobError, match=r"g_ema.pt: .*not a PyTorch checkpoint"):
            read_official(path)


@pytest.mark.parametrize("content", [b"<html>", b"\x80\x02", bytes(1000), b"PK\x03\x04" + bytes(500)])
def test_files_that_are_no_checkpoints(path, content):
    path.write_bytes(content)
    with pytest.raises(JobError, match=r"g_ema.pt: .*not a PyTorch checkpoint"):
        read_official(path)


@pytest.mark.parametrize("save", [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content))])
def test_code_in_a_checkpoint_is_not_run(path, tmp_path, save):
    class Bomb:
        def __reduce__(self):
            return Path.touch, (tmp_path / "executed",)

    save({**checkpoint(), "bomb": Bomb()}, path)
    with pytest.raises(
        JobError, match=r"g_ema.pt: (holds more than tensors, which might be code|broken, cut short or)"
    ):
        read_official(path)
    assert not (tmp_path / "executed").exists()


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(JobError, match=r"none.pt: cannot be read: No such file"):
        read_official(tmp_path / "none.pt")
    with pytest.raises(JobError, match=r"cannot be read: Is a directory"):
        read_official(tmp_path)


def test_a_torch_that_is_not_trusted_is_refused(path, monkeypatch):
    monkeypatch.setattr(official.torch, "__version__", torch.torch_version.TorchVersion("2.9.1"))
    with pytest.raises(JobError, match=r"torch 2.10 or newer reads such files safely, got 2.9.1"):
        read(path, checkpoint())
