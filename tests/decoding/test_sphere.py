import numpy as np
import pytest
from PIL import Image

from panogen.decoding import Part, UnusableError, about
from panogen.decoding.reasons import NonsenseError
from panogen.decoding.sphere import part_of
from panogen.geometry import Cylinder, Sphere
from panogen.grids.view import View
from panogen.pictures.formats import save_picture, xmp_packet


def gpano(full=(2048, 1024), crop=(1024, 512), at=(512, 256), **more):
    names = ("FullPanoWidthPixels", "FullPanoHeightPixels", "CroppedAreaImageWidthPixels")
    names += ("CroppedAreaImageHeightPixels", "CroppedAreaLeftPixels", "CroppedAreaTopPixels")
    return dict(zip(names, map(str, (*full, *crop, *at)), strict=True)) | {
        name: str(value) for name, value in more.items()
    }


def test_a_part_lies_where_it_says():
    assert part_of(gpano(), 1024, 512) == Part(2048, 1024, 512, 256)
    assert part_of(gpano(), 512, 256) == Part(1024, 512, 256, 128)  # it was scaled since
    whole = part_of(gpano((800, 400), (800, 400), (0, 0), PosePitchDegrees=-3, PoseRollDegrees="4.5"), 800, 400)
    assert whole == Part(800, 400, 0, 0, -3, 4.5)
    assert part_of({"PoseHeadingDegrees": "10"}, 800, 400) is None
    assert part_of({"PoseRollDegrees": "10"}, 800, 400) == Part(800, 400, roll_deg=10)
    assert part_of({"PoseRollDegrees": "10"}, 800, 399) == Part(800, 399, roll_deg=10)
    assert part_of({"PoseRollDegrees": "10"}, 800, 390) is None
    assert part_of({}, 800, 400) is None
    assert part_of(gpano(ProjectionType=""), 1024, 512) == Part(2048, 1024, 512, 256)


@pytest.mark.parametrize(
    "fields",
    [
        gpano(crop=(1024, 300)),  # not the picture's shape
        gpano(at=(1500, 256)),  # beyond the right edge
        gpano(at=(-1, 256)),
        gpano(full=(0, 1024), at=("x", 0)),
        gpano(full=("inf", "1024")),
        gpano(PoseRollDegrees="level"),
    ],
)
def test_nonsense_is_called_so(fields):
    with pytest.raises(NonsenseError, match="its GPano makes no sense"):
        part_of(fields, 1024, 512)


def test_other_projections_are_refused():
    with pytest.raises(UnusableError, match="projection 'cylindrical', as its GPano says, wanted equirectangular"):
        part_of({"ProjectionType": "Cylindrical"}, 800, 400)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "avif"])
@pytest.mark.parametrize("chart", [Cylinder(), Sphere()])
def test_our_own_files_are_read_back_as_what_they_are(tmp_path, suffix, chart):
    grid = View(width=256, projection="equirectangular").grid(chart)
    path = tmp_path / f"own.{suffix}"
    save_picture(path, np.full((*grid.shape, 3), 90, np.uint8), xmp_packet(grid.metadata, None))
    rows = grid.shape[0]
    assert about(path).part == Part(256, 128, 0, (128 - rows) / 2)


def test_fields_may_be_elements(tmp_path):
    elements = "".join(f"<G:{name}>{value}</G:{name}>" for name, value in gpano().items())
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<r:Description xmlns:G="http://ns.google.com/photos/1.0/panorama/">{elements}</r:Description></r:RDF></x:xmpmeta>'
    )
    Image.new("RGB", (1024, 512)).save(tmp_path / "a.jpg", xmp=packet.encode())
    assert about(tmp_path / "a.jpg").part == Part(2048, 1024, 512, 256)
    Image.new("RGB", (1024, 512)).save(tmp_path / "b.jpg", xmp=packet.encode()[:-30])
    assert about(tmp_path / "b.jpg").part is None
    assert about(tmp_path / "b.jpg").notes == ("its XMP cannot be read",)
