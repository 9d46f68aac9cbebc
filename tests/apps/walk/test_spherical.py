"""What players read of how a film lies on the sphere, and that it is still the same film."""

import json
import shutil
import struct
import subprocess

import av
import numpy as np
import pytest

from panogen.apps.walk.spherical import v2_boxes
from panogen.apps.walk.video import save_video
from panogen.geometry import Cylinder
from panogen.grids import Camera, Equirectangular
from panogen.grids.equirectangular import gpano_band

V1 = bytes.fromhex("ffcc8263f8554a938814587a02521fdd")
FRAMES = np.random.default_rng(0).integers(0, 256, (20, 24, 48, 3), np.uint8)


def frames_of(path):
    """What is decoded."""
    with av.open(path) as video:
        return [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]


def content(data, *kinds):
    """What is in a box in a box in a box, each told by its kind and by how many bytes it has before its own boxes."""
    for kind, header in kinds:
        while data[4:8] != kind:
            data = data[int.from_bytes(data[:4]) :]
        data = data[8 + header : int.from_bytes(data[:4])]
    return data


TRACK = ((b"moov", 0), (b"trak", 0))
ENTRY = (*TRACK, (b"mdia", 0), (b"minf", 0), (b"stbl", 0), (b"stsd", 8), (b"avc1", 78))


@pytest.fixture
def written(tmp_path):
    def write(name, gpano):
        save_video(tmp_path / name, FRAMES, FRAMES.shape[1:3], gpano=gpano)
        return tmp_path / name

    return write


def test_the_film_is_the_same(written):
    told, plain = written("told.mp4", gpano_band(48, 24)), written("plain.mp4", {})
    assert told.stat().st_size > plain.stat().st_size
    np.testing.assert_array_equal(frames_of(told), frames_of(plain))
    data = told.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_every_chunk_lies_where_its_index_says(written):
    told, plain = (written(name, gpano).read_bytes() for name, gpano in (("a.mp4", gpano_band(48, 24)), ("b.mp4", {})))
    table = (*ENTRY[:-2], (b"stco", 8))
    places = [struct.unpack(">I", content(data, *table)[:4])[0] for data in (told, plain)]
    assert told[places[0] :] == plain[places[1] :]


@pytest.mark.parametrize(
    ("height", "bounds"), [(24, (0, 0, 0, 0)), (12, (2**30, 2**30, 0, 0)), (6, (3 * 2**29,) * 2 + (0, 0))]
)
def test_version_two(height, bounds, written):
    sphere = content(written("out.mp4", gpano_band(48, height)).read_bytes(), *ENTRY, (b"sv3d", 0))
    assert content(sphere, (b"svhd", 4)) == b"panogen\0"
    assert content(sphere, (b"proj", 0), (b"prhd", 4)) == bytes(12)
    assert struct.unpack(">4I", content(sphere, (b"proj", 0), (b"equi", 4))) == bounds


def test_one_eye(written):
    assert content(written("out.mp4", gpano_band(48, 24)).read_bytes(), *ENTRY, (b"st3d", 4)) == b"\0"


def test_a_part_of_the_circle():
    gpano = {**gpano_band(96, 48), "CroppedAreaImageWidthPixels": 48, "CroppedAreaLeftPixels": 12}
    assert v2_boxes(gpano).endswith(struct.pack(">4I", 0, 0, 2**29, 3 * 2**29))


def test_version_one(written):
    xml = content(written("out.mp4", gpano_band(48, 12)).read_bytes(), *TRACK, (b"uuid", 0))
    assert xml.startswith(V1)
    for name, value in {"Spherical": "true", "ProjectionType": "equirectangular", "CroppedAreaTopPixels": 6}.items():
        assert f"<GSpherical:{name}>{value}</GSpherical:{name}>".encode() in xml


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_nothing_is_said_of_others(suffix, written):
    data = written(f"out{suffix}", {} if suffix == ".mp4" else gpano_band(48, 24)).read_bytes()
    assert b"sv3d" not in data
    assert V1 not in data


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffprobe here")
@pytest.mark.parametrize(("height", "projection"), [(24, "equirectangular"), (12, "tiled equirectangular")])
def test_ffprobe_agrees(height, projection, written):
    path = written("out.mp4", gpano_band(48, height))
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    (stream,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"]
    said = {each["side_data_type"]: each for each in stream["side_data_list"]}
    assert said["Spherical Mapping"]["projection"] == projection
    assert said["Stereo 3D"]["type"] == "2D"


def test_pictures_and_films_say_the_same():
    assert Equirectangular.lay_out(Cylinder(), Camera(), 64).metadata == gpano_band(64, 16)
