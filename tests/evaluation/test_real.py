import numpy as np
import pytest
from PIL import Image

from panogen.data import Landscapes, Reading, open_source
from panogen.data.landscapes import HELD_OUT
from panogen.evaluation.samples import RealData, real_panorama
from panogen.geometry import Cylinder


def test_landscapes_are_held_out_and_have_two_halves():
    data = RealData.of(Landscapes(), Cylinder())
    first, second = data.halves
    assert first.first == HELD_OUT
    assert set(range(first.first, first.first + len(first))).isdisjoint(range(second.first, second.first + len(second)))
    assert first.first > len(Landscapes())
    assert data.description == "procedural landscapes held out of training, seeds 1000000 to 1004095"


def test_the_halves_of_a_folder_share_no_picture(panorama_folder):
    for number in (2, 3, 4):
        Image.new("RGB", (128, 64), (40 + number, 0, 0)).save(panorama_folder / f"{number}.png")
    data = RealData.of(open_source(str(panorama_folder), remember=False), Cylinder())
    names = [[entry.name for entry in half.entries] for half in data.halves]
    assert names == [["0.png", "2.png", "4.png"], ["1.png", "3.png"]]
    assert data.panoramic
    assert [(half.entries[index].name) for half, index in data.panoramas(3)] == ["0.png", "1.png", "2.png"]
    assert len(data.panoramas(99)) == 5


def test_a_folder_of_one_picture_has_one_half(panorama_folder):
    (panorama_folder / "1.png").unlink()
    data = RealData.of(open_source(str(panorama_folder), remember=False), Cylinder())
    (half,) = data.halves
    assert [entry.name for entry in half.entries] == ["0.png"]


def test_enlarged_pictures_are_noticed(panorama_folder):
    """Of panoramas 256 wide the band of 90 degrees has 64 rows."""
    Image.new("RGB", (256, 128), (40, 0, 0)).save(panorama_folder / "2.png")
    data = RealData.of(open_source(str(panorama_folder), remember=False), Cylinder())
    assert data.enlarged(Cylinder(), 32) is None
    assert data.enlarged(Cylinder(), 64).startswith(
        "real panoramas of 128 rows are enlarged ones, for the pictures have 64"
    )
    assert data.enlarged(Cylinder(), 128).startswith("real crops of 128 rows and panoramas of 256 rows are enlarged")
    assert RealData.of(Landscapes(), Cylinder()).enlarged(Cylinder(), 1024) is None


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
    data = RealData.of(source, Cylinder(60.0, "central"))
    assert [[entry.name for entry in half.entries] for half in data.halves] == [["0.png", "2.png"], ["1.png"]]
    assert {half.chart for half in data.halves} == {Cylinder(60.0, "central")}
    assert not data.panoramic
