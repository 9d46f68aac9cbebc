import asyncio
import contextlib
import copy
import functools
import io
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import pyvips
import torch
from PIL import Image

import panogen
from panogen.api import Panogen
from panogen.apps.inversion import SearchConfig
from panogen.apps.inversion.job import Inversion
from panogen.apps.inversion.target import lay_target
from panogen.base.colour import linear_to_srgb
from panogen.base.errors import UsageError
from panogen.base.runtime import torch_threads
from panogen.foveation import Foveation
from panogen.geometry import Plane
from panogen.grids import GRIDS, GridWindow, Window
from panogen.grids.view import View
from panogen.latents import Around
from panogen.pictures.formats import FORMATS, read_request
from panogen.places import Average, Between, Blend, Edit, Mix, Saved, Seed
from panogen.weights.checkpoint import Model
from tests.conftest import tiny_generator


@pytest.fixture
def tiny(model_folder):
    return panogen.load(model_folder)


@pytest.fixture
def octaves(octaves_folder):
    return panogen.load(octaves_folder)


@pytest.fixture
def sphere(sphere_folder):
    return panogen.load(sphere_folder)


@pytest.fixture(params=["tiny", "octaves", "sphere"])
def any_model(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("projection", GRIDS)
def test_pictures_are_arrays(any_model, tmp_path, projection):
    tiny = any_model
    np.save(tmp_path / "points.npy", np.random.default_rng(0).uniform(-40, 40, (20, 48, 2)))
    view = {"points": tmp_path / "points.npy"} if projection == "points" else {"width": 48, "projection": projection}
    if projection == "cylindrical-central" and tiny.model.chart.poles:
        with pytest.raises(UsageError, match="cannot reach the poles"):
            tiny.render(4, View(**view))
        return
    picture = tiny.render(4, View(**view))
    assert picture.dtype == np.uint8
    grid = View(**view).grid(tiny.model.chart)
    assert picture.shape == (*grid.shape, 3)
    np.testing.assert_array_equal(tiny.render(4, View(**view)), picture)
    assert np.abs(tiny.render(5, View(**view)).astype(int) - picture).mean() > 2
    shows_nothing = np.isnan(grid.directions(0, len(grid))[:, 0]).reshape(grid.shape)
    assert not picture[shows_nothing].any()


def test_a_grid_of_ones_own_is_shown(octaves):
    """A part of a picture, by its grid; what has to do with colours is heeded."""
    whole = View(width=64).grid(octaves.model.chart)
    part = GridWindow(whole, top=4, left=8, height=8, width=32)
    np.testing.assert_array_equal(octaves.render(4, grid=part), octaves.render(4, width=64)[4:12, 8:40])
    look = {"truncation": 0.5, "supersample": 2}
    expected = octaves.render(4, width=64, **look)
    np.testing.assert_array_equal(octaves.render(4, grid=whole, **look), expected)


def test_a_pixel_s_samples_may_be_more_than_files_hold(octaves):
    field, window = octaves.field(4), Window(20_000, 130_000, 8, 16)
    plain, averaged = (
        next(octaves.pixel_renderer(field, View(131_072, supersample=count)).windows([window]))[1] for count in (1, 8)
    )
    assert plain.shape == averaged.shape == (8, 16, 3)
    assert np.abs(plain.astype(int) - averaged).max() <= 1  # so near, all is smooth


def test_seeds_do_not_depend_on_one_another(tiny, model_folder):
    tiny.render(3, View(width=32))
    np.testing.assert_array_equal(tiny.render(4, View(width=32)), panogen.load(model_folder).render(4, View(width=32)))


def test_no_truncation_left_is_the_mean_place(tiny):
    # Truncation acts on w, around w_avg: at 0 every seed is the same picture, and not the one of z = 0.
    a, b = (tiny.render(seed, View(width=32, truncation=0.0)) for seed in (1, 2))
    np.testing.assert_array_equal(a, b)
    assert np.abs(tiny.render(1, View(width=32)).astype(int) - a).mean() > 2


@pytest.mark.parametrize("suffix", FORMATS)
def test_files_hold_the_picture_and_the_request(tiny, tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    seen = []
    outside = tiny.save(path, 4, View(width=64), progress=seen.append)
    assert outside == 0
    assert sum(seen) == 64 * 16
    if suffix == ".exr":
        with OpenEXR.File(str(path)) as file:
            (channels,) = file.channels().values()
        picture = linear_to_srgb(channels.pixels) * 255
    else:
        picture = pyvips.Image.new_from_file(str(path)).numpy()
    error = np.abs(picture.astype(float) - tiny.render(4, View(width=64))).mean()
    assert error < {".webp": 15, ".avif": 8}.get(suffix, 3)  # these colours are wild
    made = read_request(path)
    assert made["place"] == {"kind": "seed", "seed": 4, "layout": None}
    assert made["view"]["width"] == 64


def test_what_the_model_does_not_know_is_black(tiny, tmp_path):
    outside = tiny.save(tmp_path / "out.png", view=View(width=64, height=32, projection="equirectangular"))
    assert outside == 0.5


def test_unknown_arguments_are_not_swallowed():
    with pytest.raises(panogen.UsageError, match=r"View has the fields width, .*, points_sha256, got colour, widht"):
        View(widht=8, colour=1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 0}, r"width must be in \[1, 1000000\] pixels, got 0"),
        ({"width": 3.5}, "width must be a whole number, got 3.5"),
        ({"width": 64, "height": 3}, "height must be 16"),
        ({"projection": "flat"}, "projection must be one of cylindrical, .*, got 'flat'"),
        ({"yaw_deg": float("nan")}, "yaw_deg must be a finite number of degrees, got nan"),
        ({"truncation": float("inf")}, r"truncation must be in \[-2, 2\], got inf"),
        ({"truncation": None}, "truncation must be a number, got None"),
        ({"yaw_deg": "left"}, "yaw_deg must be a number, got 'left'"),
        ({"noise": 1}, "noise must be true or false, got 1"),
        (
            {"noise": True},
            "noise is for models that have learned how strong it is, which this one has not; leave it out",
        ),
        ({"tolerance": "low"}, "tolerance must be a number, got 'low'"),
        ({"tolerance": 0}, "tolerance must be a number of steps of 8 bits above 0, got 0"),
        ({"tolerance": 1, "outside": "edge"}, "with a tolerance, outside is black, got 'edge'"),
        ({"width": True}, "width must be a whole number, got True"),
    ],
)
def test_impossible_requests(tiny, wrong, message):
    with pytest.raises(panogen.UsageError, match=message):
        tiny.render(view=View(**wrong))


@pytest.mark.parametrize(("seed", "message"), [(1.5, "seed must be a whole number, got 1.5"), (-1, "seed must be in")])
def test_impossible_seeds(tiny, seed, message):
    with pytest.raises(panogen.UsageError, match=message):
        tiny.render(seed)


def test_a_tolerance_is_kept_by_arrays_and_files_of_any_size(tiny, tmp_path, monkeypatch):
    asked = {"width": 640, "tolerance": 2.0, "supersample": 2}
    picture = tiny.render(4, View(**asked))
    error = np.abs(picture.astype(int) - tiny.render(4, View(width=640, supersample=2)))
    assert (error <= 2).mean() > 0.999
    assert error.max() > 0  # it was interpolated
    monkeypatch.setattr("panogen.rendering.pixels.STRIP", 2**14)  # several blocks
    tiny.save(tmp_path / "out.png", 4, View(**asked))
    with Image.open(tmp_path / "out.png") as image:
        np.testing.assert_array_equal(np.asarray(image), picture)


def test_a_tolerance_is_for_the_whole_circle(tmp_path):
    flat = Panogen(Model(tiny_generator(chart=Plane()), Plane(), {}), "flat")
    with pytest.raises(panogen.UsageError, match="a tolerance is for models that know the whole circle, got 1; leave"):
        flat.render(4, View(width=64, tolerance=1))


def test_a_layout_is_another_place_of_the_same_kind_where_a_network_knows_of_it(tiny, octaves):
    for model, differs in ((tiny, False), (octaves, True)):
        own, other = (model.render(place, View(width=96)).astype(int) for place in (4, Seed(4, layout=7)))
        np.testing.assert_array_equal(model.render(Seed(4, layout=4), View(width=96)), own)
        assert (np.abs(other - own).mean() > 5) == differs


def test_between_two_layouts_a_blend_has_both(octaves):
    blend = Blend((Seed(4), Seed(9)), Around((0, 180), 0.5, "smoothstep"))
    shown = [octaves.render(place, View(width=128)).astype(int) for place in (blend, 4, 9)]
    assert np.abs(shown[0] - shown[1])[:, 56:72].max() <= 1
    assert np.abs(shown[0] - shown[2])[:, [0, 1, 2, 125, 126, 127]].max() <= 1
    between = shown[0][:, 90:102]
    assert min(np.abs(between - one[:, 90:102]).mean() for one in shown[1:]) > 3


def test_numbers_of_numpy_are_numbers(tiny):
    picture = tiny.render(np.int64(4), View(width=np.int64(64), yaw_deg=np.float32(0)))
    np.testing.assert_array_equal(picture, tiny.render(4, View(width=64)))


@contextlib.contextmanager
def double():
    """Have numbers of no named type in double precision."""
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


@contextlib.contextmanager
def deterministic():
    """Have torch refuse whatever is not deterministic, and fill what is not set yet."""
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


@contextlib.contextmanager
def default_device():
    """Have tensors that name no device on one where nothing is."""
    torch.set_default_device("meta")
    try:
        yield
    finally:
        torch.set_default_device(None)


SURROUNDINGS = {
    "double precision": double,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "inference mode": torch.inference_mode,
    "no gradients": torch.no_grad,
    "another device": default_device,
    "deterministic algorithms": deterministic,
}


@contextlib.contextmanager
def all_at_once():
    """Have all of these together."""
    with contextlib.ExitStack() as stack:
        for surroundings in SURROUNDINGS.values():
            stack.enter_context(surroundings())
        yield


SHOWN = {
    "seed": Seed(4),
    "blend": Blend((1, 2)),
    "between": Between(1, 2, 0.3),
    "average": Average((1, 2)),
    "mix": Mix(1, 2),
    "edit": Edit(4, 0, 2.0),
}
VIEWS = {
    "plain": View(32),
    "lens": View(48, 32, "perspective", yaw_deg=30),
    "fine": View(32, supersample=2, truncation=0.5),
    "within a tolerance": View(256, tolerance=2),
}


def everything(folder, work):
    """All bits that the model of a folder gives, by what they are; files go into ``work``, a new folder."""
    work.mkdir()
    model = panogen.load(folder)
    found = {name: model.render(place, VIEWS["plain"]) for name, place in SHOWN.items()}
    found |= {f"{name} view": model.render(4, view) for name, view in VIEWS.items()}
    found["blend view"] = model.render(SHOWN["blend"], VIEWS["lens"])
    seen = model.foveate(SHOWN["blend"], Foveation(gaze_deg=(5, 3)), VIEWS["lens"])
    found |= {"foveated": seen.picture, "density": seen.mask, "sampled": seen.grid.sampled}
    model.save(work / "picture.png", SHOWN["edit"], VIEWS["within a tolerance"])
    model.save_latent(SHOWN["blend"], work / "blend.safetensors")
    found["saved"] = model.render(Saved.of(work / "blend.safetensors"), VIEWS["plain"])
    files = {path.name: np.frombuffer(path.read_bytes(), np.uint8) for path in work.iterdir()}
    return {**found, **files, "weights": np.array(model.model.fingerprint)}


@pytest.fixture(scope="module")
def roughly_even():
    """Blends are even by few samples."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("COLUMNS", "ROWS", "STEPS"):
            patch.setattr(f"panogen.rendering.perceptual.{name}", 4)
        yield


@pytest.fixture(scope="module")
def usual(saved, tmp_path_factory, roughly_even):
    """Return all that a kind of model gives where nothing is asked of torch, worked out once."""
    return functools.cache(lambda kind: everything(saved / kind, tmp_path_factory.mktemp(kind) / "plain"))


@pytest.mark.parametrize(
    ("kind", "surroundings"),
    [("tiny", all_at_once), *(("octaves", one) for one in SURROUNDINGS.values())],
    ids=["all", *SURROUNDINGS],
)
def test_bits_do_not_depend_on_what_the_caller_asks_of_torch(saved, usual, tmp_path, kind, surroundings):
    expected = usual(kind)
    with surroundings():
        found = everything(saved / kind, tmp_path / "asked")
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_a_photo_is_inverted_alike_whatever_the_caller_asks_of_torch(octaves, tmp_path, monkeypatch):
    monkeypatch.setattr("panogen.apps.inversion.job.COMPARISON_SIDE", 36)
    picture = octaves.render(3, View(24, 16, "perspective"))
    Image.fromarray(picture).save(tmp_path / "photo.png")

    def search(folder):
        target = lay_target(octaves.model, tmp_path / "photo.png", 90.0)
        Inversion(octaves, target, SearchConfig(steps=2)).into(folder)
        return [(folder / name).read_bytes() for name in ("latent.safetensors", "w.safetensors", "comparison.png")]

    expected = search(tmp_path / "plain")
    with all_at_once():
        assert search(tmp_path / "asked") == expected


def test_a_model_loaded_without_gradients_has_them_later(octaves_folder):
    with torch.inference_mode():
        generator = panogen.load(octaves_folder).model.generator
    z = torch.zeros(1, generator.config.z_dim, requires_grad=True)
    (gradient,) = torch.autograd.grad(generator.mapping(z).sum(), z)
    assert torch.isfinite(gradient).all()


def test_a_foveated_picture_shows_itself_in_a_notebook(tiny):
    seen = tiny.foveate(4, view=View(48, 32, "perspective"))
    with Image.open(io.BytesIO(seen._repr_png_())) as shown:
        np.testing.assert_array_equal(np.asarray(shown), seen.picture)


def test_a_model_says_what_it_is(tiny, sphere):
    assert repr(tiny).startswith("<Panogen 'tiny': Cylinder(")
    assert repr(sphere) == "<Panogen 'sphere': Sphere()>"


def test_several_threads_render_at_once(octaves):
    before = torch.get_num_threads()
    expected = [octaves.render(seed, View(64)) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: octaves.render(seed, View(64)), list(range(4)) * 3))
    np.testing.assert_array_equal(found, expected * 3)
    assert torch.get_num_threads() == before


def test_a_service_renders_beside_its_event_loop(octaves):
    async def several():
        return await asyncio.gather(*(asyncio.to_thread(octaves.render, seed, View(32)) for seed in range(3)))

    np.testing.assert_array_equal(asyncio.run(several()), [octaves.render(seed, View(32)) for seed in range(3)])


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_of_a_model_renders_alike(octaves, copied):
    np.testing.assert_array_equal(copied(octaves).render(4, View(32)), octaves.render(4, View(32)))
    assert copied(octaves).model.fingerprint == octaves.model.fingerprint


def test_places_and_views_of_other_libraries_numbers_are_written_down(octaves, tmp_path):
    place = Blend(
        [Between(np.uint8(1), torch.tensor(2), np.float32(0.5)), Edit(np.int64(3), np.int8(0), np.float32(2))],
        Around(np.array([0, 180], np.float32), np.float16(0.5), "smoothstep"),
    )
    view = View(np.array(32), yaw_deg=torch.tensor(90.0), pitch_deg=np.float32(0), truncation=np.array(0.5))
    octaves.save(tmp_path / "out.png", place, view)
    plain = Blend((Between(1, 2, 0.5), Edit(3, 0, 2.0)), Around((0.0, 180.0), 0.5, "smoothstep"))
    made = octaves.request(plain, View(32, yaw_deg=90.0, truncation=0.5)).to_json()
    assert read_request(tmp_path / "out.png") == made


def test_a_tilde_is_the_home_wherever_a_file_is_named(octaves_folder, tmp_path, monkeypatch):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    model = panogen.load(Path("~") / octaves_folder.name)
    model.save("~/picture.png", 4, View(32))
    model.save_latent(4, Path("~/latent.safetensors"))
    np.save(tmp_path / "points.npy", np.eye(3))
    assert model.render(Saved.of("~/latent.safetensors"), View(points="~/points.npy")).shape == (1, 3, 3)
    with Image.open(tmp_path / "picture.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), model.render(4, View(32)))
    assert not (Path.cwd() / "~").exists()


def test_a_model_is_called_as_its_folder_from_within_too(model_folder, monkeypatch):
    monkeypatch.chdir(model_folder)
    assert [panogen.load(name).name for name in (".", "../tiny", model_folder)] == ["tiny"] * 3


def test_loading_leaves_torchs_random_state_alone(model_folder):
    before = torch.random.get_rng_state()
    panogen.load(model_folder)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_bits_do_not_depend_on_the_number_of_threads(threads):
    landscapes = panogen.load()

    def numbers():
        blend = landscapes.field(Blend((Seed(1), Seed(2))))
        return landscapes.pixel_renderer(landscapes.field(4), View(width=64)).renderer.plan.table, blend

    with torch_threads(1):
        table, blend = numbers()
    with torch_threads(threads):
        others = numbers()
    assert torch.equal(others[0], table)
    assert torch.equal(others[1].anchors, blend.anchors)
    assert others[1].weights == blend.weights


@pytest.mark.parametrize("device", ["mps", "meta", "nonsense", "cuda:99", None, 3.5])
def test_unknown_devices(model_folder, device):
    with pytest.raises(panogen.UsageError, match=rf"device must be one of cpu.* here, got '{device}'"):
        panogen.load(model_folder, device)


def test_a_device_may_be_torchs(model_folder):
    assert panogen.load(model_folder, torch.device("cpu")).model.generator.w_avg.device.type == "cpu"


def test_unknown_models():
    with pytest.raises(
        panogen.UsageError, match=r"model must be one of .* or the folder of a model or a run, got 'nowhere'"
    ):
        panogen.load("nowhere")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: model.render(4, 512), "view must be a View, got 512; or name its fields, as in width=512"),
        (lambda model: model.render(4, grid="rays.npy"), "grid must be a Grid, got 'rays.npy'; a file of directions"),
        (lambda model: model.foveate(4, View(64)), "foveation must be a Foveation, got View"),
        (lambda model: model.save(4, "out.png"), "a path must be text or a pathlib.Path, got 4"),
        (lambda model: model.save_latent(4, "out.png"), "a latent is no picture, got 'out.png'; name a file"),
        (lambda model: panogen.load(None), "a path must be text or a pathlib.Path, got None"),
        (lambda model: Blend((Seed(1), Seed(2)), "above"), "over must be Around, Above or a Mask, got 'above'"),
    ],
)
def test_what_is_no_view_path_or_weights_is_refused(model_folder, call, message):
    with pytest.raises(panogen.UsageError, match=message):
        call(panogen.load(model_folder))


class TestTheWholeSphere:
    def test_its_picture_is_equirectangular_and_shows_all(self, sphere, tmp_path):
        sphere.save(tmp_path / "whole.jpg", 4, View(width=64))
        with Image.open(tmp_path / "whole.jpg") as picture:
            assert picture.size == (64, 32)
            assert np.asarray(picture).max(2).min() > 0
            found = picture.info["xmp"].decode()
        sides = {"Width": 64, "Height": 32}
        whole = {f"{what}{side}Pixels": n for what in ("FullPano", "CroppedAreaImage") for side, n in sides.items()}
        for name, value in {**whole, "CroppedAreaLeftPixels": 0, "CroppedAreaTopPixels": 0}.items():
            assert f'GPano:{name}="{value}"' in found

    def test_a_yaw_by_whole_columns_rolls_it_to_the_bit(self, sphere):
        straight, turned = (sphere.render(4, View(96, yaw_deg=yaw)) for yaw in (0, 360 * 7 / 96))
        np.testing.assert_array_equal(turned, np.roll(straight, -7, axis=1))

    def test_the_poles_are_one_place(self, sphere):
        picture = sphere.render(4, View(512)).astype(float)
        spreads = picture.std(1).mean(1)
        assert max(spreads[0], spreads[-1]) < 0.1 * spreads[128]

    def test_samples_of_one_direction_and_size_have_one_colour_in_any_projection(self, sphere):
        faces = sphere.render(4, View(96, projection="cubemap"))
        for face, camera in ((0, {}), (4, {"pitch_deg": 90}), (5, {"pitch_deg": -90})):
            lens = sphere.render(4, View(16, 16, "perspective", fov_deg=90, **camera))
            np.testing.assert_array_equal(faces[:, 16 * face : 16 * face + 16], lens)

    def test_foveated_straight_up_the_fovea_has_the_bits_of_the_whole_view(self, sphere):
        view = View(64, 48, "perspective", pitch_deg=90)
        foveated, whole = sphere.foveate(4, view=view), sphere.render(4, view)
        np.testing.assert_array_equal(foveated.picture[22:26, 30:34], whole[22:26, 30:34])

    def test_a_blend_has_no_seam_and_one_colour_at_each_pole(self, sphere):
        blend = sphere.render(Blend((Seed(1), Seed(2), Seed(3))), View(256)).astype(float)
        steps = np.abs(np.diff(blend, axis=1, append=blend[:, :1])).mean((0, 2))
        assert steps[-1] < 2 * np.median(steps)
        assert max(blend[0].std(0).mean(), blend[-1].std(0).mean()) < 0.1 * blend[64].std(0).mean()


def test_a_view_may_be_named_by_its_fields(model_folder):
    model = panogen.load(model_folder)
    picture = model.render(3, View(width=64, yaw_deg=30))
    np.testing.assert_array_equal(model.render(3, width=64, yaw_deg=30), picture)
    np.testing.assert_array_equal(model.render(3, View(width=64), yaw_deg=30), picture)
    with pytest.raises(UsageError, match=r"View has the fields width, .* got widht"):
        model.render(3, widht=64)
