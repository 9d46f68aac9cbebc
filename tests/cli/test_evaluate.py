import json

import pytest

from panogen.cli.evaluate import OF_MODELS
from tests.cli.helpers import resolved
from tests.evaluation.helpers import hard_seam, save, smooth_panorama
from tests.metrics.adversarial import duplicated_seam, mirrored_half

SMALL = ("--crops", 16, "--panoramas", 4, "--resolution", 32, "--metrics", "seam,spectrum")


@pytest.fixture
def evaluate(panogen, model_folder, panorama_folder):
    return lambda *arguments: panogen("evaluate", "--model", model_folder, "--data", panorama_folder, *arguments)


@pytest.fixture
def peers(tmp_path):
    folder = tmp_path / "peers"
    folder.mkdir()
    for name, make in (
        ("good", lambda x: x),
        ("hard", hard_seam),
        ("twice", duplicated_seam),
        ("mirror", mirrored_half),
    ):
        save(folder / f"{name}.png", make(smooth_panorama(3)))
    (folder / "broken.png").write_bytes(b"nothing")
    return folder


def test_a_model_is_measured_into_a_folder(evaluate, tmp_path):
    result = evaluate(*SMALL, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert f"look at {tmp_path / 'out' / 'index.html'}" in result.stderr
    found = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert found["request"]["metrics"] == ["spectrum", "seam"]  # in their own order
    assert {figure["name"].partition(".")[0] for figure in found["figures"]} == {"spectrum", "seam"}
    assert found["note"].startswith("real panoramas of 64 rows are enlarged ones, for the pictures have 32 at the most")
    assert found["note"] in result.stderr
    assert found["note"] in (tmp_path / "out" / "index.html").read_text()
    first = (tmp_path / "out" / "figures.json").read_bytes()
    again = evaluate(*SMALL, "--out", tmp_path / "out", "--resume", "--quiet")
    assert (again.exit_code, again.output) == (0, "")
    assert (tmp_path / "out" / "figures.json").read_bytes() == first
    other = evaluate(*SMALL, "--out", tmp_path / "out", "--resume", "--truncation", 0.5)
    assert other.exit_code == 2
    assert "is of another evaluation: truncation was 1.0, not 0.5" in " ".join(other.output.split())


def test_a_dry_run_prints_the_request(evaluate, tmp_path):
    result = evaluate("--crops", 99, "--dry-run", "--out", tmp_path / "out")
    request = resolved(result, tmp_path / "out")
    assert (request["crops"], request["panoramas"], request["inception_dims"]) == (99, 32, None)
    assert "fid" not in request["metrics"]
    assert not (tmp_path / "out").exists()


def test_faults_of_any_pictures_are_named(panogen, peers, tmp_path):
    result = panogen("evaluate", "--pictures", peers, "--out", tmp_path / "out")
    assert result.exit_code == 0
    for line in (
        "skipped broken.png: not a picture",
        "hard.png: hard seam",
        "twice.png: column at the seam is there twice",
        "one half mirrors the other",
    ):
        assert line in result.stderr
    assert "good.png" not in result.stderr
    assert "Traceback" not in result.output


def test_pictures_beside_real_ones(panogen, peers, panorama_folder, tmp_path):
    arguments = ("--pictures", peers, "--data", panorama_folder, "--metrics", "seam", "--quiet")
    result = panogen("evaluate", *arguments, "--out", tmp_path / "out")
    assert (result.exit_code, result.output) == (0, "")
    found = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert found["request"]["data"] == panorama_folder.name
    assert all(figure["floor"] is not None for figure in found["figures"] if figure["name"] == "seam.percentile")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--metrics", "fid"), "metrics fid need the network of FID, which is never downloaded; add --inception FILE"),
        (("--metrics", "colour"), "metrics must be among swd, fid,"),
        (("--metrics", ""), "metrics must be among swd, fid,"),
        (("--crops", 2), "crops must be at least 16, got 2"),
        (("--resolution", 100), "resolution must be one of 32, 64, 128,"),
        (("--truncation", "nan"), "truncation must be in [-2, 2], got nan"),
        (("--seed", -1), "seed must be in [0, 4294967295], got -1"),
        (("--pictures", "."), "is for a model, got --pictures .; leave one of them out"),
        (("--data", "procedural:cities"), "data must be one of procedural:landscapes or a folder"),
        (("--data", "/none"), "data '/none' is no folder"),
    ],
)
def test_bad_requests(evaluate, tmp_path, arguments, message):
    result = evaluate(*arguments, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()


def test_an_unknown_network_is_a_failed_job(evaluate, tmp_path):
    (tmp_path / "net.pth").write_bytes(b"nothing")
    result = evaluate("--inception", tmp_path / "net.pth", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "inception-2015-12-05-to-mixed_6e.safetensors" in result.output
    assert not (tmp_path / "out").exists()


def test_pictures_need_a_folder_and_metrics_of_pictures(panogen, peers, tmp_path):
    out = ("--out", tmp_path / "out")
    missing = panogen("evaluate", "--pictures", tmp_path / "none", *out)
    assert (missing.exit_code, "Path" in missing.output) == (2, True)
    wrong = panogen("evaluate", "--pictures", peers, "--metrics", "swd", *out)
    assert (wrong.exit_code, "metrics of pictures must be among spectrum, seam," in " ".join(wrong.output.split())) == (
        2,
        True,
    )
    assert panogen("evaluate").exit_code == 2  # --out is needed


OF_A_MODEL = {
    "--model": "commons",
    "--kind": "panoramas",
    "--photo-fov": 50,
    "--recursive": None,
    "--no-level": None,
    "--crops": 99,
    "--panoramas": 4,
    "--resolution": 64,
    "--inception": __file__,
    "--seed": 1,
    "--truncation": 0.5,
}


@pytest.mark.parametrize("option", OF_A_MODEL)
def test_pictures_take_no_option_of_a_model(panogen, peers, tmp_path, option):
    values = [] if OF_A_MODEL[option] is None else [OF_A_MODEL[option]]
    result = panogen("evaluate", "--pictures", peers, option, *values, "--out", tmp_path / "out")
    assert result.exit_code == 2
    flag = option.replace("--no-", "--")
    assert f"Error: {flag} " in result.output and f"is for a model, got --pictures {peers}" in result.output


def test_there_is_a_test_for_each_option_of_a_model():
    assert len(OF_A_MODEL) == len(OF_MODELS)
