import numpy as np
import pytest
from PIL import Image

from panogen.data import Landscapes
from panogen.geometry import Cylinder


def test_a_contact_sheet_of_places(panogen, tmp_path):
    out = tmp_path / "sheet.png"
    result = panogen("data", "procedural:landscapes", out, "--count", 3, "--width", 64)
    assert result.exit_code == 0
    assert result.stdout == "procedural landscapes, seeds 0 to 2047; CC0-1.0\n"
    with Image.open(out) as image:
        sheet = np.asarray(image)
    assert sheet.shape == (36, 132, 3)
    np.testing.assert_array_equal(sheet[20:, :64], Landscapes().band(2, 16, 64, Cylinder()))


def test_a_folder_and_what_is_wrong_with_it(panogen, panorama_folder, tmp_path):
    (panorama_folder / "broken.jpg").write_text("no")
    result = panogen("data", panorama_folder, tmp_path / "sheet.jpg")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "2 panoramas of the folder panoramas; as of the folder's pictures",
        "skipped broken.jpg: not a picture that can be read",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("procedural:seas", "{out}"),
            2,
            "data must be one of procedural:landscapes or a folder, got 'procedural:seas'",
        ),
        (("nowhere", "{out}"), 2, "data 'nowhere' is no folder"),
        (("{folder}", "{out}"), 1, "no usable panorama among 0 pictures"),
        (("procedural:landscapes", "{out}", "--count", "0"), 2, "count must be at least 1, got 0"),
        (("procedural:landscapes", "{out}", "--width", "1"), 2, "width must be in [8, 8192] pixels, got 1"),
        (("procedural:landscapes", "{folder}/no/out.png"), 2, "does not exist; create it first"),
    ],
)
def test_bad_usage_is_one_sentence(panogen, tmp_path, arguments, code, message):
    result = panogen("data", *(part.format(out=tmp_path / "out.png", folder=tmp_path) for part in arguments))
    assert result.exit_code == code
    assert message in result.stderr
    assert not list(tmp_path.iterdir())
