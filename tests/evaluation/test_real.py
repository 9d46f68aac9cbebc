from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from panogen.api import load
from panogen.data import Landscapes, Reading, open_source
from panogen.data.landscapes import HELD_OUT
from panogen.evaluation.samples import RealData, Samples, in_turn, real_panorama
from panogen.evaluation.stages import Stages
from panogen.geometry import Cylinder
from tests.evaluation.helpers import SMALL


def real(folder, resolution):
    """The pictures of a folder."""
    return RealData.of(open_source(str(folder), remember=False), Cylinder(), resolution)


def named(pictures):
    """Names of the files of a few."""
    return [source.entries[index].name for source, index in pictures]


def test_landscapes_are_held_out_and_have_two_halves():
    data = RealData.of(Landscapes(), Cylinder(), 64)
    first, second = data.halves
    assert first.first == HELD_OUT
    assert set(range(first.first, first.first + len(first))).isdisjoint(range(second.first, second.first + len(second)))
    assert first.first > len(Landscapes())
    assert data.pictures.description == "procedural landscapes held out of training, seeds 1000000 to 1004095"


def test_the_halves_of_a_folder_share_no_picture(panorama_folder):
    for number in (2, 3, 4):
        Image.new("RGB", (128, 64), (40 + number, 0, 0)).save(panorama_folder / f"{number}.png")
    data = real(panorama_folder, 16)
    names = [[entry.name for entry in half.entries] for half in data.halves]
    assert names == [["0.png", "2.png", "4.png"], ["1.png", "3.png"]]
    assert data.panoramic
    assert named(in_turn(data.pictures, 3)) == ["0.png", "1.png", "2.png"]
    assert len(in_turn(data.pictures, 99)) == 5


def test_a_folder_of_one_picture_has_one_half(panorama_folder):
    (panorama_folder / "1.png").unlink()
    data = real(panorama_folder, 16)
    (half,) = data.halves
    assert [entry.name for entry in half.entries] == ["0.png"]


def test_enlarged_pictures_are_noticed(panorama_folder):
    """Of panoramas 128 wide the band of 90 degrees has 32 rows."""
    assert real(panorama_folder, 16).shortage is None
    assert real(panorama_folder, 32).shortage.startswith(
        "real panoramas of 64 rows are enlarged ones, for the pictures have 32"
    )
    assert real(panorama_folder, 64).shortage.startswith("real crops of 64 rows and panoramas of 128 rows are enlarged")
    assert RealData.of(Landscapes(), Cylinder(), 1024).shortage is None


class TestMixedSizes:
    """Panoramas of which a band of 90 degrees has 32 to 256 rows; each is of one colour, by which it is known."""

    @pytest.fixture
    def folder(self, tmp_path):
        folder = tmp_path / "mixed"
        folder.mkdir()
        for number, rows in enumerate((32, 64, 256, 128, 32, 256)):
            Image.new("RGB", (4 * rows, 2 * rows), (200, number, 0)).save(folder / f"{number}.png")
        return folder

    @pytest.mark.parametrize(
        ("resolution", "for_crops", "for_panoramas"),
        [(16, "012345", "012345"), (32, "1235", "1235"), (64, "235", "235"), (128, "25", "25"), (256, "25", "25")],
    )
    def test_those_with_the_pixels_count(self, folder, resolution, for_crops, for_panoramas):
        """Crops are of windows that are smaller than the band by up to a tenth."""
        data = real(folder, resolution)
        for used, names in ((data.for_crops, for_crops), (data.for_panoramas, for_panoramas)):
            assert [entry.name[0] for entry in used.entries] == list(names)
        assert [len(half) for half in data.halves] == [-(-len(for_crops) // 2), len(for_crops) // 2]

    def test_it_is_said_how_many(self, folder):
        assert real(folder, 16).shortage is None
        assert real(folder, 64).shortage == (
            "of 6 real pictures, 3 for crops of 64 rows and 3 for panoramas of 128 rows count: the others are coarser"
        )
        assert real(folder, 256).shortage.startswith("real panoramas of 512 rows are enlarged ones, for the pictures")
        assert "of 6 real pictures, 2 for crops of 256 rows and 2 for panoramas" in real(folder, 256).shortage

    def test_no_other_is_shown(self, folder, tmp_path, octaves_folder):
        (tmp_path / "statistics").mkdir()
        config = replace(SMALL, resolution=64)
        samples = Samples(load(octaves_folder), real(folder, 64), config, Stages(tmp_path))
        for pictures in (*samples.halves, samples.real_panoramas, samples.real_bands):
            assert set(pictures[..., 1].flat) <= {2, 3, 5}
        assert len(samples.real_panoramas) == 3


def test_real_panoramas_are_averages_of_finer_ones():
    chart = Cylinder()
    band = real_panorama(Landscapes(1, 7), 0, chart, 16, 64)
    fine = Landscapes(1, 7).band(0, 32, 128, chart).astype(float)
    assert band.shape == (16, 64, 3)
    assert band[3, 5] == pytest.approx(np.round(fine[6:8, 10:12].mean((0, 1))))


def test_photos_have_halves_and_no_panoramas(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 256, (96, 96, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    source = open_source(str(folder), Reading("photos", 130.0), remember=False)
    data = RealData.of(source, Cylinder(60.0, "central"), 32)
    assert [[entry.name for entry in half.entries] for half in data.halves] == [["0.png", "2.png"], ["1.png"]]
    assert {half.chart for half in data.halves} == {Cylinder(60.0, "central")}
    assert not data.panoramic
