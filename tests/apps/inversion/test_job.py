import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from panogen.apps.inversion import STAGES
from panogen.apps.inversion.state import SearchState
from panogen.base.errors import JobError, UsageError
from panogen.base.folder import WorkFolder
from panogen.grids.view import View
from panogen.latents import Layout
from panogen.places import Saved
from panogen.places.files import read_latent
from tests.apps.inversion.helpers import inversion, save_noise
from tests.run.helpers import killed_before, needs_signals

RESULT = "inversion.json"
WHOLE = ["comparison.png", RESULT, "latent.safetensors", "request.json", "w.safetensors", "wplus.safetensors"]


@pytest.fixture(autouse=True)
def small_comparison(monkeypatch):
    monkeypatch.setattr("panogen.apps.inversion.job.COMPARISON_SIDE", 36)


def outcome(folder):
    """All that a finished inversion leaves but times."""
    result = json.loads((folder / RESULT).read_text())
    for record in result["stages"].values():
        record.pop("seconds")
    digests = [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in WHOLE if name != RESULT]
    return result, digests, sorted(path.name for path in folder.iterdir())


def invert(model_folder: Path, photo: Path, folder: Path, resume: bool) -> None:
    """Search in this process, with a save after every second step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("panogen.apps.inversion.job.SAVE_EVERY", 2)
        patch.setattr("panogen.apps.inversion.job.COMPARISON_SIDE", 36)
        inversion(model_folder, photo, steps=15).into(folder, resume=resume)


def test_it_leaves_latents_a_comparison_and_figures(model_folder, tmp_path):
    asked = inversion(model_folder, save_noise(tmp_path / "photo.png"), steps=4)
    result = asked.into(tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == WHOLE
    assert list(result["stages"]) == list(STAGES)
    assert result["request"]["photo"] == "photo.png"
    assert {"psnr_db", "steps", "seconds"} == result["stages"]["w+"].keys()
    assert read_latent(tmp_path / "out" / "latent.safetensors").made_of == {"inverted": "photo.png", "stage": "spatial"}
    assert read_latent(tmp_path / "out" / "wplus.safetensors").made_of["stage"] == "w+"
    with Image.open(tmp_path / "out" / "comparison.png") as sheet:
        assert sheet.width == 4 * 36 + 3 * 4
    view = {"projection": "perspective", "fov_deg": 80.0, "width": 36, "height": sheet.height}
    shown = asked.panogen.render(Saved.of(tmp_path / "out" / "latent.safetensors"), View(**view))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / "comparison.png"))[:, -36:], shown)


def test_files_at_home(model_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    save_noise(tmp_path / "photo.png")
    Image.new("L", (24, 18), 255).save(tmp_path / "mask.png")
    asked = inversion(model_folder, "~/photo.png", "~/mask.png", steps=1, until="w")
    assert asked.into("~/out")["request"] == {**asked.request, "photo": "photo.png", "mask": "mask.png"}
    assert (tmp_path / "out" / "latent.safetensors").exists()


def test_what_it_finds_has_one_layout(model_folder, tmp_path):
    asked = inversion(model_folder, save_noise(tmp_path / "photo.png"), steps=2, layout=7)
    asked.into(tmp_path / "out")
    for name in ("latent", "w", "wplus"):
        assert set(read_latent(tmp_path / "out" / f"{name}.safetensors").field.layouts) == {Layout.of(7)}
    assert json.loads((tmp_path / "out" / "inversion.json").read_text())["request"]["layout"] == 7
    with pytest.raises(UsageError, match="out' is of another inversion: layout was 7, not 0"):
        inversion(model_folder, tmp_path / "photo.png", steps=2).into(tmp_path / "out", resume=True)


def test_it_can_end_sooner(model_folder, tmp_path):
    asked = inversion(model_folder, save_noise(tmp_path / "photo.png"), steps=2, until="w+")
    asked.into(tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [*WHOLE[:4], "state.safetensors", WHOLE[4]]
    assert read_latent(tmp_path / "out" / "latent.safetensors").made_of["stage"] == "w+"


@pytest.mark.parametrize("known", [True, False], ids=["with its state", "as before states were kept"])
def test_it_goes_on_to_a_later_stage_as_if_in_one_go(model_folder, tmp_path, known):
    photo, steps, out = save_noise(tmp_path / "photo.png"), [], tmp_path / "out"
    inversion(model_folder, photo, steps=4).into(tmp_path / "whole")
    for until in ("w", "w+", "spatial"):
        inversion(model_folder, photo, steps=4, until=until).into(
            out, resume=until != "w", report=lambda step: steps.append(step.stage)
        )
        assert read_latent(out / "latent.safetensors").made_of["stage"] == until
        if not known:
            (out / "state.safetensors").unlink(missing_ok=True)
    assert outcome(out) == outcome(tmp_path / "whole")
    assert not known or steps == sorted(steps, key=STAGES.index)  # no stage twice
    with pytest.raises(
        UsageError, match='out\' is of another inversion: until was "spatial", not "w"; ask for that one'
    ):
        inversion(model_folder, photo, steps=4, until="w").into(out, resume=True)
    with pytest.raises(UsageError, match="has been begun: --resume goes on with it"):
        inversion(model_folder, photo, steps=4).into(out)


def test_one_that_is_on_its_way_may_go_farther(model_folder, tmp_path):
    photo, out = save_noise(tmp_path / "photo.png"), tmp_path / "out"
    inversion(model_folder, photo, steps=4).into(tmp_path / "whole")

    def stop(step):
        if step.stage == "w+":
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("panogen.apps.inversion.job.SAVE_EVERY", 1)
        inversion(model_folder, photo, steps=4, until="w+").into(out, report=stop)
    inversion(model_folder, photo, steps=4).into(out, resume=True)
    assert outcome(out) == outcome(tmp_path / "whole")


def test_outside_the_mask_nothing_matters(model_folder, tmp_path):
    mask = np.zeros((18, 24), np.uint8)
    mask[4:14, 6:18] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    photo, found = save_noise(tmp_path / "photo.png"), []
    for name in ("one", "two"):
        inversion(model_folder, photo, tmp_path / "mask.png", steps=4).into(tmp_path / name)
        found.append((tmp_path / name / "latent.safetensors").read_bytes())
        pixels = np.where(mask[..., None] > 0, np.asarray(Image.open(photo)), 200).astype(np.uint8)
        Image.fromarray(pixels).save(photo)
    assert found[0] == found[1]


@needs_signals
def test_killed_and_resumed_it_ends_with_the_same_bits(model_folder, tmp_path):
    photo, killed = save_noise(tmp_path / "photo.png"), tmp_path / "killed"
    invert(model_folder, photo, tmp_path / "whole", resume=False)
    for resume in (False, True):
        killed_before("panogen.apps.inversion.state.SearchState.save", 7, invert, model_folder, photo, killed, resume)
        assert not (killed / "inversion.json").exists()
    invert(model_folder, photo, killed, resume=True)
    assert outcome(killed) == outcome(tmp_path / "whole")


def test_what_is_finished_stays(model_folder, tmp_path):
    asked = inversion(model_folder, save_noise(tmp_path / "photo.png"), steps=2)
    result = asked.into(tmp_path / "out")
    before = outcome(tmp_path / "out")
    steps = []
    assert asked.into(tmp_path / "out", resume=True, report=steps.append) == result
    assert outcome(tmp_path / "out") == before
    assert steps == []


def test_another_request_is_refused(model_folder, tmp_path):
    photo = save_noise(tmp_path / "photo.png")
    inversion(model_folder, photo, steps=2).into(tmp_path / "out")
    with pytest.raises(UsageError, match="is of another inversion: steps was 2, not 3; ask for that one, or remove"):
        inversion(model_folder, photo, steps=3).into(tmp_path / "out", resume=True)
    save_noise(photo, seed=1)
    with pytest.raises(UsageError, match="is of another inversion: digest was"):
        inversion(model_folder, photo, steps=2).into(tmp_path / "out", resume=True)


def test_a_broken_state(model_folder, tmp_path):
    asked = inversion(model_folder, save_noise(tmp_path / "photo.png"), steps=2)
    with WorkFolder(tmp_path / "out", "inversion", asked.request).opened(resume=False):
        SearchState().save(tmp_path / "out" / "state.safetensors")
    state = tmp_path / "out" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-3].replace(b"panogen inversion 1", b"panogen inversion 9"))
    with pytest.raises(JobError, match=r"state.safetensors"):
        asked.into(tmp_path / "out", resume=True)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not hold there")
def test_a_folder_that_takes_nothing(model_folder, tmp_path):
    asked = inversion(model_folder, save_noise(tmp_path / "photo.png"), steps=2)
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(JobError, match="cannot be written"):
        asked.into(tmp_path / "out")
