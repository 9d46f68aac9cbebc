"""Places: what they are, that JSON and files keep them to the bit, and what makes no sense."""

import gc
import json
import random
import weakref

import numpy as np
import pytest
import torch
from PIL import Image

import panogen
from panogen.base.errors import JobError, UsageError
from panogen.base.records import from_json, to_json
from panogen.base.runtime import torch_threads
from panogen.geometry import from_azimuth_elevation
from panogen.latents import EVEN, Above, Around, Layout
from panogen.latents.directions import semantic_directions
from panogen.places import Average, Between, Blend, Edit, Given, Mask, Mix, Place, Saved, Seed, as_place
from panogen.places.place import parse_layers
from panogen.request import Request

DIRECTIONS = from_azimuth_elevation(2.399963 * np.arange(500), np.arcsin((np.arange(500) + 0.5) / 250 - 1))


@pytest.fixture
def octaves(octaves_folder):
    return panogen.load(octaves_folder)


@pytest.fixture
def mask(tmp_path):
    Image.fromarray(np.tile(np.linspace(0, 255, 64).astype(np.uint8), (16, 1))).save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


@pytest.fixture
def measure_little(monkeypatch):
    """Have the pace of even blends measured at few points and steps."""
    for name in ("COLUMNS", "ROWS", "STEPS"):
        monkeypatch.setattr(f"panogen.rendering.perceptual.{name}", 4)


def assert_same(one, other):
    assert torch.equal(one.anchors, other.anchors)
    assert one.layouts == other.layouts
    np.testing.assert_array_equal(one.weights(DIRECTIONS), other.weights(DIRECTIONS))


def constant_place(rng, depth, saved):
    """A place that is the same everywhere, of others up to ``depth`` deep."""
    leaves = ["seed", "saved", "given"]
    kind = rng.choice(leaves if depth == 0 else [*leaves, "between", "average", "mix", "edit"])
    below = [constant_place(rng, depth - 1, saved) for _ in range(2)] if depth else []
    return {
        "seed": lambda: Seed(rng.randrange(9), layout=rng.choice([None, 3])),
        "saved": lambda: Saved.of(saved, layout=rng.choice([None, 5])),
        "given": lambda: Given([rng.gauss(0, 1) for _ in range(12)], layout=rng.choice([None, 5])),
        "between": lambda: Between(*below, rng.random()),
        "average": lambda: Average(tuple(below)),
        "mix": lambda: Mix(*below, rng.choice([None, 1])),
        "edit": lambda: Edit(below[0], rng.randrange(3), rng.gauss(0, 2), rng.choice([None, (1, 2)])),
    }[kind]()


def any_place(rng, depth, saved, mask):
    """A place of any kind, of others up to ``depth`` deep."""
    if depth == 0 or rng.random() < 0.3:
        return constant_place(rng, depth, saved)
    places = tuple(any_place(rng, depth - 1, saved, mask) for _ in range(2))
    over = rng.choice([None, Around((0.0, 100.0), 0.5, "cosine"), Around((5.0, 90.0), 1.0, EVEN), Above((9.0, -9.0))])
    blend = Blend(places, rng.choice([over, Mask.of(mask)]))
    return rng.choice([blend, Edit(blend, 0, 1.5), Mix(blend, constant_place(rng, 1, saved))])


@pytest.mark.usefixtures("measure_little")
@pytest.mark.parametrize("number", range(40))
def test_any_nesting_survives_json_and_gives_the_same_field(octaves, tmp_path, mask, number):
    octaves.save_latent(Average((Seed(1), Seed(2))), tmp_path / "mean.safetensors")
    place = any_place(random.Random(number), 3, tmp_path / "mean.safetensors", mask)
    back = from_json(Place, json.loads(json.dumps(to_json(place))))
    assert back == place
    field = octaves.field(place)
    assert_same(octaves.field(back), field)
    octaves.save_latent(place, tmp_path / "saved.safetensors")
    assert_same(octaves.field(Saved.of(tmp_path / "saved.safetensors")), field)


def test_all_kinds_are_among_the_nestings(tmp_path, mask, octaves):
    octaves.save_latent(0, tmp_path / "saved.safetensors")
    text = "".join(
        json.dumps(to_json(any_place(random.Random(number), 3, tmp_path / "saved.safetensors", mask)))
        for number in range(40)
    )
    kinds = ("seed", "saved", "between", "average", "mix", "edit", "blend", "around", "above", "mask")
    assert all(f'"kind": "{kind}"' in text for kind in kinds)


def test_a_seed_is_what_stylegan_tools_draw(octaves):
    generator = octaves.model.generator
    z = torch.from_numpy(np.random.RandomState(4).randn(1, generator.config.z_dim).astype(np.float32))
    with torch.no_grad(), torch_threads(1):
        expected = generator.mapping(z)
    assert torch.equal(octaves.field(4).anchors, expected)
    assert octaves.field(4).layouts == (Layout.of(4),)


def test_a_seed_has_its_layout_unless_another_is_named(octaves):
    own, anew = octaves.field(4), octaves.field(Seed(4, layout=7))
    assert anew.layouts == (Layout.of(7),)
    assert torch.equal(anew.anchors, own.anchors)
    assert Seed(4, layout=4) == Seed(np.int64(4), layout=np.int64(4)) == Seed(4) == as_place(4)
    assert Seed(4, layout=7).laid_out(None) == Seed(4, layout=7)


def test_changes_of_the_latents_keep_the_layout(octaves):
    first = Seed(4, layout=7)
    for place in (Edit(first, 0, 1.0), Mix(first, Seed(9)), Edit(Mix(first, Seed(9)), 1, 2.0)):
        assert octaves.field(place).layouts == (Layout.of(7),)
    blend = Blend((first, Seed(9), Seed(3)))
    expected = (Layout.of(7), Layout.of(9), Layout.of(3))
    assert octaves.field(blend).layouts == octaves.field(Edit(blend, 0, 1.0)).layouts == expected
    assert octaves.field(Blend((first, Seed(9)), layers=(0, 1))).layouts == (Layout.of(7),) * 2
    assert octaves.field(Mix(Seed(3), blend)).layouts == (Layout.of(3),) * 3


def test_the_chart_says_whether_places_meet_and_a_blend_says_nothing_of_it(octaves, sphere_folder):
    places = Seed(4), Seed(9)
    blend, meeting = (Blend(places, Around((0.0, 90.0), 0.5, "cosine", meeting=meets)) for meets in (False, True))
    assert blend == meeting
    assert "meeting" not in json.dumps(to_json(meeting))
    said = to_json(blend) | {"over": to_json(blend.over) | {"meeting": False}}
    assert from_json(Place, said) == blend
    assert panogen.load(sphere_folder).field(blend).weights.meeting
    assert not octaves.field(blend).weights.meeting


def test_every_leaf_is_laid_out_anew(octaves, tmp_path):
    octaves.save_latent(9, tmp_path / "nine.safetensors")
    saved = Saved.of(tmp_path / "nine.safetensors")
    places = (
        Between(Seed(4), saved, 0.3),
        Average((Seed(1), saved)),
        Blend((Edit(saved, 0, 1.0), Mix(saved, Seed(2)))),
    )
    for place in places:
        field = octaves.field(place.laid_out(7))
        assert set(field.layouts) == {Layout.of(7)}
        assert torch.equal(field.anchors, octaves.field(place).anchors)


def test_between_and_the_mean_are_where_they_say(octaves):
    four, nine = octaves.field(4), octaves.field(9)
    found = octaves.field(Between(Seed(4), Seed(9), 0.25))
    np.testing.assert_allclose(found.anchors, 0.75 * four.anchors + 0.25 * nine.anchors, atol=1e-6)
    assert found.layouts == (Layout(((4, 0.75), (9, 0.25))),)
    mean = octaves.field(Average((Seed(4), Seed(9), Seed(2, layout=4))))
    np.testing.assert_allclose(mean.anchors, (four.anchors + nine.anchors + octaves.field(2).anchors) / 3, atol=1e-6)
    assert mean.layouts[0].shares == ((4, pytest.approx(2 / 3)), (9, pytest.approx(1 / 3)))


def test_a_mix_takes_the_finer_layers(octaves):
    count = octaves.model.generator.num_ws
    four, nine = octaves.field(4).anchors[0], octaves.field(9).anchors[0]
    for first_layer, start in ((None, (count + 1) // 2), (1, 1)):
        mixed = octaves.field(Mix(Seed(4), Seed(9), first_layer)).anchors[0]
        assert torch.equal(mixed, torch.cat([four[:start], nine[start:]]))


def test_an_edit_keeps_no_model_in_memory(model_folder):
    model = panogen.load(model_folder)
    generator = weakref.ref(model.model.generator)
    model.field(Edit(Seed(1), 0, 1.0))
    del model
    gc.collect()
    assert generator() is None


def test_an_edit_goes_along_a_direction_by_what_seeds_differ_by(octaves):
    generator = octaves.model.generator
    (direction, *_) = semantic_directions(generator.style_weights[1:3])
    z = np.random.RandomState(0).randn(1024, generator.config.z_dim).astype(np.float32)
    with torch.no_grad():
        spread = (generator.mapping(torch.from_numpy(z))[:, 0] @ direction).std()
    moved = octaves.field(Edit(Seed(4), 0, -2.0, (1, 2))).anchors[0] - octaves.field(4).anchors[0]
    torch.testing.assert_close(moved[1], -2 * spread * direction, atol=1e-5, rtol=1e-4)
    assert not moved[[0, *range(3, len(moved))]].any()


def test_a_blend_is_even_around_the_circle_by_default(octaves):
    places = tuple(map(Seed, (4, 9, 2)))
    named = Blend(places, Around(octaves.model.chart.azimuths_deg(3), 0.75, EVEN))
    assert_same(octaves.field(Blend(places)), octaves.field(named))


def test_a_mask_is_known_by_its_content(octaves, mask, tmp_path):
    blend = Blend((Seed(4), Seed(9)), Mask.of(mask))
    shares = octaves.field(blend).weights(from_azimuth_elevation(np.radians([-170.0, 170.0]), np.zeros(2)))
    np.testing.assert_allclose(shares[:, 1], [10 / 360, 350 / 360], atol=0.01)
    Image.fromarray(np.zeros((16, 64), np.uint8)).save(mask)
    with pytest.raises(UsageError, match=r"the mask '.*mask.png' is not the one that is meant: its SHA-256 must be"):
        octaves.field(blend)
    mask.unlink()
    with pytest.raises(UsageError, match=r"the mask '.*mask.png' cannot be read: No such file"):
        octaves.field(blend)
    with pytest.raises(UsageError, match="not a picture that can be read"):
        Mask.of(tmp_path / "nothing.png")


def test_a_saved_latent_is_known_by_its_content_and_its_model(octaves, model_folder, tmp_path):
    path = tmp_path / "four.safetensors"
    octaves.save_latent(4, path)
    saved = Saved.of(path)
    with pytest.raises(UsageError, match=r"four.safetensors: a latent of another model, .*; use it with that"):
        panogen.load(model_folder).field(saved)
    octaves.save_latent(5, path)
    with pytest.raises(UsageError, match=r"the latent '.*' is not the one that is meant"):
        octaves.field(saved)
    with pytest.raises(JobError, match="nothing"):
        Saved.of(tmp_path / "nothing.safetensors")


BLEND = Blend((Seed(4), Seed(9)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Seed(-1), r"seed must be in \[0, 4294967295\], got -1"),
        (lambda: Seed(1.5), "seed must be a whole number, got 1.5"),
        (lambda: Seed(4, layout=-1), r"layout must be in \[0, 4294967295\], got -1"),
        (lambda: Seed(4).laid_out(2**64), "layout must be in"),
        (lambda: Between(Seed(1), Seed(2), 1.5), r"share of the way must be in \[0, 1\], got 1.5"),
        (lambda: Between(BLEND, Seed(2), 0.5), "only places that are the same everywhere .* got one of 2 anchors"),
        (lambda: Average(()), "an average needs at least one place, got none"),
        (lambda: Average((BLEND,)), "only places that are the same everywhere"),
        (lambda: Mix(Seed(1), Seed(2), 99), r"first_layer must be in \[0, \d+\], got 99"),
        (lambda: Mix(BLEND, BLEND.laid_out(3)), "got two that vary"),
        (lambda: Edit(Seed(1), 999, 1.0), r"direction must be in \[0, \d+\], got 999"),
        (lambda: Edit(Seed(1), 0, float("nan")), "strength must be in .-1000, 1000. standard deviations, got nan"),
        (lambda: Edit(Seed(1), 0, 1.0, (3, 99)), r"layers must be like 2-5, from 0 to \d+, got 3-99"),
        (lambda: Blend((Seed(1),)), "a blend needs at least two places, got 1"),
        (lambda: Blend((Seed(1), Seed(2)), Around((0.0, 90.0, 180.0))), "2 places need as many angles, got 3"),
        (lambda: from_json(Place, {"kind": "dream"}), "kind of Place must be one of seed, saved, .*, got 'dream'"),
    ],
)
def test_what_makes_no_sense(octaves, make, message):
    with pytest.raises(ValueError, match=message):
        octaves.field(make())


@pytest.mark.parametrize("text", ["", "a", "-3", "2-", "2-x", "2 to 5", "1" * 5_000])
def test_layers_are_numbers(text):
    assert parse_layers("3") == (3, 3)
    assert parse_layers("2-5") == (2, 5)
    with pytest.raises(UsageError, match="layers must be like 2-5, got"):
        parse_layers(text)


@pytest.mark.parametrize("kind", [lambda ws: ws, np.asarray, lambda ws: ws.double().numpy(), lambda ws: ws.tolist()])
def test_a_latent_of_ones_own_is_a_place(octaves, tmp_path, kind):
    ws = octaves.field(4).anchors[0]
    for one in (ws, ws[0]):  # of a seed all layers have the same
        given = Given(kind(one), layout=4)
        assert_same(octaves.field(given), octaves.field(4))
        assert from_json(Place, json.loads(json.dumps(to_json(given)))) == given
        assert_same(octaves.field(given.laid_out(7)), octaves.field(Seed(4, layout=7)))
    assert octaves.field(Given(ws)).layouts == (Layout.of(0),)
    octaves.save_latent(given, tmp_path / "mine.safetensors")
    assert_same(octaves.field(Saved.of(tmp_path / "mine.safetensors")), octaves.field(4))
    octaves.save(tmp_path / "out.jpg", Blend((given, Seed(9))), width=64)
    assert Request.read(tmp_path / "out.jpg").place.places == (given, Seed(9))


def test_each_layer_has_its_own_row(octaves):
    rows = torch.stack([octaves.field(seed).anchors[0, 0] for seed in range(octaves.model.generator.num_ws)])
    assert torch.equal(octaves.field(Given(rows)).anchors[0], rows)
    mixed = torch.cat([rows[:1].expand(3, -1), rows[1:2].expand(len(rows) - 3, -1)])
    assert_same(octaves.field(Given(mixed, layout=0)), octaves.field(Mix(Seed(0), Seed(1), 3)))


@pytest.mark.parametrize(
    ("ws", "sentence"),
    [
        (np.zeros((2, 3, 4)), r"must have the shape \(w_dim,\) or \(num_ws, w_dim\) .*, got the shape \(2, 3, 4\)"),
        (0.5, r"got the shape \(\)"),
        ([], r"got the shape \(0,\)"),
        ([1.0, float("nan")], "finite numbers of float32, got some that are not"),
        ([1.0, 1e300], "finite numbers of float32, got some that are not"),
        ("4", r"must be an array of real numbers, a tensor's \.detach\(\)\.cpu\(\), got '4'"),
        ([[1.0], [1.0, 2.0]], "must be an array of real numbers"),
        (torch.zeros(3, requires_grad=True), "must be an array of real numbers"),
    ],
)
def test_a_latent_that_is_none(ws, sentence):
    with pytest.raises(UsageError, match=sentence):
        Given(ws)


@pytest.mark.parametrize("shape", [(11,), (4, 12), (12, 6)])
def test_a_latent_of_another_shape(octaves, shape):
    with pytest.raises(UsageError, match=r"a latent of this model has the shape \(12,\) or \(5, 12\), got \("):
        octaves.field(Given(np.zeros(shape)))
