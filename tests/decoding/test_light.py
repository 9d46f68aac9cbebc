import cv2
import numpy as np
import pytest

from panogen.decoding import UnusableError, decode
from panogen.decoding.tone import expose, tone_map
from tests.data.helpers import look


def reason(path):
    return look(path).reason


def hdr(tmp_path):
    light = np.random.default_rng(0).lognormal(0, 1.5, (64, 128, 3)).astype(np.float32)
    cv2.imwrite(str(tmp_path / "light.hdr"), light[..., ::-1])
    return light


def test_radiance(tmp_path):
    light = hdr(tmp_path)
    entry = look(tmp_path / "light.hdr")
    assert (entry.width, entry.height, entry.reason) == (128, 64, None)
    error = np.abs(decode(tmp_path / "light.hdr") - light)
    assert np.all(error <= light.max(-1, keepdims=True) / 128)
    whole = (tmp_path / "light.hdr").read_bytes()
    (tmp_path / "cut.hdr").write_bytes(whole[: len(whole) // 2])
    assert reason(tmp_path / "cut.hdr").startswith("broken (")
    (tmp_path / "turned.hdr").write_bytes(whole.replace(b"-Y 64 +X 128", b"+Y 64 +X 128"))
    assert reason(tmp_path / "turned.hdr") == "rotated by its header, wanted -Y +X"
    (tmp_path / "none.hdr").write_bytes(b"#?RADIANCE\n\n")
    assert reason(tmp_path / "none.hdr") == "not a picture that can be read"


def test_openexr(tmp_path):
    exr = pytest.importorskip("OpenEXR")
    light = hdr(tmp_path)
    light[0, 0] = np.nan, np.inf, -1
    header = {"compression": exr.ZIP_COMPRESSION, "type": exr.scanlineimage}
    for name, pixels in (("RGB", light), ("Y", light[..., 1].copy())):
        with exr.File(header, {name: pixels}) as file:
            file.write(str(tmp_path / f"{name}.exr"))
    assert look(tmp_path / "RGB.exr").reason is None
    read = decode(tmp_path / "RGB.exr")
    np.testing.assert_array_equal(read[1:], light[1:])
    assert read[0, 0, 0] == read[0, 0, 2] == 0
    assert np.isfinite(read).all()
    grey = decode(tmp_path / "Y.exr")
    np.testing.assert_array_equal(grey[1:], light[1:, :, [1, 1, 1]])
    whole = (tmp_path / "RGB.exr").read_bytes()
    (tmp_path / "cut.exr").write_bytes(whole[:9000])
    assert reason(tmp_path / "cut.exr").startswith("broken (")


def test_openexr_is_an_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "OpenEXR", None)
    (tmp_path / "light.exr").write_bytes(b"v/1\x01")
    assert reason(tmp_path / "light.exr") == "needs OpenEXR, which comes with pip install 'panogen[exr]'"


def test_light_is_shown_by_its_own_exposure(tmp_path):
    light = hdr(tmp_path)
    shown = tone_map(expose(decode(tmp_path / "light.hdr"))).astype(int)
    assert np.abs(shown - tone_map(expose(light))).mean() < 1


def written(path, channels, **header):
    exr = pytest.importorskip("OpenEXR")
    with exr.File({"compression": exr.ZIP_COMPRESSION, "type": exr.scanlineimage, **header}, channels) as file:
        file.write(str(path))
    return decode(path)


def rows_of_light():
    return np.random.default_rng(0).uniform(0.1, 3, (64, 128, 3)).astype(np.float32)


@pytest.mark.parametrize("layer", ["", "ViewLayer.Combined.", "beauty."])
@pytest.mark.parametrize("names", ["RGB", "rgb"])
def test_channels_whatever_they_are_called(tmp_path, layer, names):
    light = rows_of_light()
    channels = {f"{layer}{name}": light[..., k].copy() for k, name in enumerate(names)}
    channels |= {"depth.Z": light[..., 0] * 9, f"{layer}A": np.ones_like(light[..., 0])}
    np.testing.assert_array_equal(written(tmp_path / "a.exr", channels), light)


def test_an_exr_that_is_not_opaque(tmp_path):
    light = rows_of_light()
    with pytest.raises(UnusableError, match="not opaque: its alpha is 0 somewhere; flatten it"):
        written(tmp_path / "a.exr", {"RGB": light, "A": np.zeros_like(light[..., 0])})
    with pytest.raises(UnusableError, match="channels Z, wanted R, G, B"):
        written(tmp_path / "z.exr", {"Z": light[..., 0].copy()})


def test_luminance_and_chroma(tmp_path):
    light = rows_of_light()
    y = light @ np.float32([0.2126, 0.7152, 0.0722])
    channels = {"Y": y, "RY": light[..., 0] / y - 1, "BY": light[..., 2] / y - 1}
    np.testing.assert_allclose(written(tmp_path / "a.exr", channels), light, rtol=1e-4, atol=1e-4)


def test_the_display_window_counts(tmp_path):
    light = rows_of_light()
    corners = {"dataWindow": (np.int32([-16, -8]), np.int32([111, 55]))}
    corners["displayWindow"] = (np.int32([0, 0]), np.int32([127, 63]))
    read = written(tmp_path / "a.exr", {"RGB": light}, **corners)
    assert look(tmp_path / "a.exr").width == 128
    np.testing.assert_array_equal(read[:56, :112], light[8:, 16:])
    assert not read[56:].any()
    assert not read[:, 112:].any()


def test_primaries_are_followed(tmp_path):
    rec2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)
    light = np.zeros((64, 128, 3), np.float32) + np.float32([0.2, 0.4, 0.3])
    # ITU-R BT.2087, table 4, the other way round.
    matrix = [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
    expected = np.array(matrix) @ [0.2, 0.4, 0.3]
    np.testing.assert_allclose(
        written(tmp_path / "a.exr", {"RGB": light}, chromaticities=rec2020)[0, 0], expected, atol=2e-4
    )
    cv2.imwrite(str(tmp_path / "a.hdr"), light[..., ::-1])
    data = (tmp_path / "a.hdr").read_bytes()
    told = b"\nPRIMARIES=" + " ".join(map(str, rec2020)).encode() + b"\n"
    (tmp_path / "a.hdr").write_bytes(data.replace(b"\n", told, 1))
    np.testing.assert_allclose(decode(tmp_path / "a.hdr")[0, 0], expected, rtol=0.02)


@pytest.mark.parametrize("value", [0.0, 0.3, np.nan])
def test_primaries_that_make_no_sense_are_left_out_with_a_note(tmp_path, value):
    light = rows_of_light()
    np.testing.assert_array_equal(written(tmp_path / "a.exr", {"RGB": light}, chromaticities=(value,) * 8), light)
    entry = look(tmp_path / "a.exr")
    assert entry.reason is None
    assert "span no colours" in entry.note


@pytest.mark.parametrize("words", [b"0 0 0 0 0 0 0 0", b". - + e 1", b"1 2 3"])
def test_odd_primaries_of_radiance_cost_no_picture(tmp_path, words):
    hdr(tmp_path)
    plain = decode(tmp_path / "light.hdr")
    data = (tmp_path / "light.hdr").read_bytes()
    (tmp_path / "light.hdr").write_bytes(data.replace(b"\n", b"\nPRIMARIES=" + words + b"\n", 1))
    np.testing.assert_array_equal(decode(tmp_path / "light.hdr"), plain)


def test_an_opacity_that_is_no_number(tmp_path):
    light = rows_of_light()
    with pytest.raises(UnusableError, match="not opaque: its alpha is nan somewhere"):
        written(tmp_path / "a.exr", {"RGB": light, "A": light[..., 0] * np.nan})


def test_deep_files_are_refused(tmp_path):
    exr = pytest.importorskip("OpenEXR")
    samples = np.empty((64, 128), object)
    for at in np.ndindex(samples.shape):
        samples[at] = np.ones(2, np.float32)
    header = {"compression": exr.ZIPS_COMPRESSION, "type": exr.deepscanline}
    with exr.File(header, {name: samples for name in "RGB"}) as file:
        file.write(str(tmp_path / "a.exr"))
    assert reason(tmp_path / "a.exr") == "deep, with several samples a pixel; flatten it"
