"""The folder of a live page: what is in it, and for which models and places there is none."""

import json
from dataclasses import replace

import numpy as np
import pytest

from panogen.api import Panogen
from panogen.apps.export import Export, Live, save_export
from panogen.base.errors import UsageError
from panogen.base.files import sha256
from panogen.geometry import Cylinder
from panogen.live_page import page_files
from panogen.networks import FourierConfig
from panogen.places import Blend, Saved, Seed
from panogen.weights.checkpoint import Model, load_model
from tests.cli.helpers import resolved
from tests.conftest import NOISE, OCTAVES, tiny_generator

EXPORT = Export(width=64, tile=32, tiling=Live.name)


@pytest.fixture(scope="module")
def model():
    return Panogen(Model(tiny_generator(**OCTAVES), Cylinder(), {"licence": "MIT"}, "# A card\n"), "tiny")


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("live") / "out"
    save_export(
        model, Seed(4, layout=7), folder, replace(EXPORT, truncation=0.5, yaw_deg=-450, pitch_deg=5, fov_deg=60)
    )
    return folder


def test_everything_is_in_the_folder(folder):
    names = {path.name for path in folder.iterdir()}
    pages = set(page_files()) - {"page.html"}
    assert names == {*pages, "index.html", "source.js", "gpu", "model", "still", "live.json", "request.json"}
    assert (folder / "still/index.html").is_file()
    shown = (folder / "index.html").read_text()
    assert "http://" not in shown.replace("http://www.w3.org", "")
    assert "https://" not in shown


def test_the_model_is_the_same_with_its_card(model, folder):
    again = load_model(folder / "model")
    assert again.fingerprint == model.model.fingerprint
    assert again.card == "# A card\n"
    assert json.loads((folder / "live.json").read_text())["sha256"] == sha256(folder / "model/model.safetensors")


def test_the_page_is_told_what_it_opens_with(folder):
    hello = json.loads((folder / "live.json").read_text())["hello"]
    assert (hello["seed"], hello["layout"], hello["truncation"]) == (4, 7, 0.5)
    assert hello["look"] == {"yaw_deg": -90, "pitch_deg": 5, "fov_deg": 60}
    assert '"yaw": -90' in (folder / "still/config.json").read_text()
    assert hello["model"] == "tiny"
    assert hello["has_layouts"] is True
    assert hello["vertical_fov_deg"] == 90


def test_it_is_made_again_from_its_request(panogen, octaves_folder, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    options = ("--live", "--width", 64, "--tile", 32, "--model", octaves_folder, "--seed", 3)
    assert panogen("export", first, *options).exit_code == 0
    assert panogen("export", second, "--from", first, "--model", octaves_folder).exit_code == 0
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) > 30
    assert all((first / path).read_bytes() == (second / path).read_bytes() for path in files)


def test_another_export_becomes_a_live_page(panogen, octaves_folder, tmp_path):
    options = ("--width", 128, "--tile", 64, "--model", octaves_folder, "--seed", 3)
    assert panogen("export", tmp_path / "tiles", "--viewer", *options).exit_code == 0
    again = panogen("export", tmp_path / "out", "--live", "--from", tmp_path / "tiles", "--model", octaves_folder)
    assert again.exit_code == 0, again.output
    made = json.loads((tmp_path / "out/request.json").read_text())["export"]
    assert (made["tiling"], made["width"]) == ("live", 128)
    assert json.loads((tmp_path / "out/live.json").read_text())["hello"]["seed"] == 3


def test_the_still_panorama_is_small_unless_asked(panogen, octaves_folder, tmp_path):
    told = panogen("export", tmp_path / "out", "--live", "--model", octaves_folder, "--dry-run")
    assert resolved(told, tmp_path / "out")["export"]["width"] == 2048


@pytest.mark.parametrize("option", [("--tiling", "dzi"), ("--viewer",)])
def test_it_is_an_export_of_its_own_kind(panogen, octaves_folder, tmp_path, option):
    refused = panogen("export", tmp_path / "out", "--live", *option, "--model", octaves_folder)
    assert refused.exit_code == 2
    assert f"leave {option[0]} out" in refused.stderr
    assert not (tmp_path / "out").exists()


def test_it_opens_with_a_seed(model, tmp_path):
    with pytest.raises(UsageError, match="opens with a seed, got a place of kind blend"):
        save_export(model, Blend((Seed(0), Seed(1))), tmp_path / "out", EXPORT)
    model.save_latent(3, tmp_path / "three.npz")
    with pytest.raises(UsageError, match="opens with a seed, got the latent of a file; name"):
        save_export(model, Saved.of(tmp_path / "three.npz"), tmp_path / "out", EXPORT)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"head": "residual"}, "head skip, got residual"),
        ({"noise": True}, "networks without noise"),
        ({"width": 520}, "at most 512 channels, in and out, got 520"),
        ({"encodings": (FourierConfig(400), replace(NOISE, channels=40))}, "in and out, got 560"),
    ],
)
def test_networks_that_the_shaders_do_not_know_are_refused(tmp_path, changes, sentence):
    generator = tiny_generator(**changes)
    panogen = Panogen(Model(generator, Cylinder()), "other")
    with pytest.raises(UsageError, match=sentence):
        save_export(panogen, 0, tmp_path / "out", EXPORT)


def test_the_shaders_have_the_numbers_of_the_network():
    """What is written twice, in Python and in WGSL, is the same."""
    from panogen.apps.export.live import GPU
    from panogen.networks.encodings import lattice_noise, lattices, octaves, planes, skyline

    text = (GPU / "encodings.wgsl").read_text()
    for number in (lattice_noise.MULTIPLIER, lattice_noise.INCREMENT, lattice_noise.CUBIC, lattice_noise.LINEAR):
        assert str(number) in text
    for lattice in ("OCTAVES", "GROUND", "CLOUDS", "SKYLINE"):
        assert f"const {lattice} = 0x{getattr(lattice_noise, lattice):X}u;" in text
    for name, module in (("PLANES", planes), ("SKYLINE", skyline)):
        assert f"const {name}_FROM = {module.SILENT};" in text
        assert f"const {name}_FULL = {module.FULL};" in text
    assert f"const GOLDEN = {lattices.GOLDEN};" in text
    assert f"const BOTH_SIDES = {octaves.BOTH};" in text
    assert str(lattice_noise.VARIANCE**-0.5)[:17] in text
    assert np.isclose(float(str(lattice_noise.VARIANCE**-0.5)[:17]), lattice_noise.VARIANCE**-0.5)
