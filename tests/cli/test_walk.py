import json
import sys
from itertools import pairwise

import numpy as np
import pytest

import panogen as api
from panogen.apps.walk.film import Film
from panogen.cli.main import main
from tests.apps.walk.helpers import measure_little, read_video
from tests.cli.helpers import resolved
from tests.run.helpers import NOTED, killed_before, needs_signals


@pytest.fixture
def walk(panogen, model_folder):
    return lambda *arguments: panogen("walk", "--model", model_folder, "--width", 64, *arguments)


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_loop_whose_last_frame_meets_the_first(walk, tmp_path, monkeypatch):
    measure_little(monkeypatch)
    result = walk("--seeds", "4,9,12", "--frames", 24, "--fps", 12, "--even", tmp_path / "out.mp4")
    assert (result.exit_code, result.stdout) == (0, "")
    fps, frames = read_video(tmp_path / "out.mp4")
    assert (fps, len(frames), frames[0].shape) == (12, 24, (16, 64, 3))
    steps = [np.abs(first - second).mean() for first, second in pairwise(frames)]
    assert min(steps) < np.abs(frames[-1] - frames[0]).mean() < max(steps)
    assert not (tmp_path / "out.mp4.frames").exists()


def test_a_folder_of_frames(walk, model_folder, tmp_path):
    assert walk("--seeds", "4,9,4", "--no-loop", "--frames", 5, tmp_path / "out").exit_code == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [*(f"frame{frame:06d}.png" for frame in range(5)), "request.json"]
    request = json.loads((tmp_path / "out" / "request.json").read_text())
    assert [place["seed"] for place in request["places"]] == [4, 9, 4]  # passed twice
    assert (tmp_path / "out" / "frame000000.png").stat().st_size > 0
    assert walk("--seeds", "4,9,4", "--no-loop", "--frames", 5, "--resume", tmp_path / "out").exit_code == 0


def test_latents_follow_seeds(walk, model_folder, tmp_path):
    model = api.load(model_folder)
    model.save_latent(9, tmp_path / "nine.latent")
    assert walk("--seeds", 4, "--latent", tmp_path / "nine.latent", "--frames", 2, tmp_path / "out").exit_code == 0
    request = json.loads((tmp_path / "out" / "request.json").read_text())
    assert [place["kind"] for place in request["places"]] == ["seed", "saved"]


def test_a_dry_run_says_what_it_would_do(walk, tmp_path):
    result = walk("--seeds", 4, "--turn", 360, "--frames", 60, "--dry-run", tmp_path / "out.mp4")
    request = resolved(result, tmp_path / "out.mp4")
    assert (request["pixels"], request["walk"]["turn_deg"], request["seconds"]) == ([64, 16], 360, 2)
    assert request["frames"] == str(tmp_path / "out.mp4.frames")
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ""])
def test_from_a_walk_with_changes(walk, panogen, tmp_path, monkeypatch, suffix):
    measure_little(monkeypatch)
    one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    assert walk("--seeds", "4,9", "--frames", 4, "--even", *(("--fps", 12) if suffix else ()), one).exit_code == 0

    def request(*changes):
        return resolved(walk("--from", one, *changes, "--dry-run", two), two)

    before = request()
    assert (before["walk"]["frames"], before["walk"]["even"], before.get("fps", 12)) == (4, True, 12)
    changed = request("--frames", 6, "--ease", "linear", "--turn", 360, "--layout", 7, "--yaw", 5)
    assert changed["walk"] == {**before["walk"], "frames": 6, "ease": "linear", "even": False, "turn_deg": 360}
    assert [(place["seed"], place["layout"]) for place in changed["places"]] == [(4, 7), (9, 7)]
    assert changed["view"] == {**before["view"], "yaw_deg": 5}
    wider = panogen("walk", "--model", tmp_path / "tiny", "--from", one, "--width", 96, "--dry-run", two)
    assert resolved(wider, two)["pixels"] == [96, 24]
    if suffix:
        assert request("--fps", 10)["fps"] == 10
    elsewhere = request("--seeds", "4-6")
    assert elsewhere == {**before, "places": [{**before["places"][0], "seed": seed} for seed in (4, 5, 6)]}


@pytest.mark.parametrize("name", ["frame000000.png", "", "other.json"])
def test_from_what_is_no_walk(walk, tmp_path, name):
    folder = tmp_path / "out"
    assert walk("--seeds", "4,9", "--frames", 2, folder).exit_code == 0
    (folder / "request.json").rename(folder / "other.json")
    (folder / "other.json").write_text('{"format": 2}')
    result = walk("--from", folder / name, tmp_path / "again")
    assert result.exit_code == 2
    assert "does not say how a walk was made; name the" in result.stderr
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_a_video_holds_no_transparency(walk, tmp_path, suffix):
    result = walk("--seeds", "4,9", "--frames", 2, "--outside", "transparent", tmp_path / f"out{suffix}")
    assert result.exit_code == 2
    assert f"{suffix} holds no transparency; use a folder of frames" in " ".join(result.stderr.split())
    assert not list(tmp_path.glob("out*"))


def test_frames_are_kept_and_used_again(walk, tmp_path):
    arguments = ("--seeds", "4,9", "--frames", 4, tmp_path / "out.gif", "--keep-frames")
    assert walk(*arguments).exit_code == 0
    frames = tmp_path / "out.gif.frames"
    before = {path: path.stat().st_mtime_ns for path in frames.iterdir()}
    assert len(before) == 5
    assert "--resume goes on with it" in walk(*arguments).stderr
    assert walk(*arguments, "--resume", "--fps", 10).exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in frames.iterdir()} == before
    assert read_video(tmp_path / "out.gif")[0] == 10


def test_another_walk_is_not_gone_on_with(walk, tmp_path):
    assert walk("--seeds", "4,9", "--frames", 4, tmp_path / "out").exit_code == 0
    result = walk("--seeds", "4,9", "--frames", 6, "--yaw", 5, "--resume", tmp_path / "out")
    assert result.exit_code == 2
    assert "view.yaw_deg was 0.0, not 5.0, walk.frames was 4, not 6; ask for that one" in result.stderr


def walk_on(*arguments):
    with pytest.MonkeyPatch.context() as patch:
        measure_little(patch)
        main(["walk", *map(str, arguments)])


@needs_signals
def test_killed_and_resumed_it_gives_the_same_frames(walk, model_folder, tmp_path, monkeypatch):
    measure_little(monkeypatch)
    arguments = ("--seeds", "4,9", "--frames", 16, "--even", "--keep-frames")
    assert walk(*arguments, tmp_path / "whole.mp4").exit_code == 0
    killed, frames = tmp_path / "killed.mp4", tmp_path / "killed.mp4.frames"
    killed_before(NOTED, 3, walk_on, "--model", model_folder, "--width", 64, *arguments, killed)
    left = {path: path.stat().st_mtime_ns for path in frames.glob("*.png")}
    assert [path.name for path in sorted(left)] == ["frame000000.png", "frame000001.png"]
    assert (frames / "frame000002.png.canvas.tif").exists()
    assert walk(*arguments, "--resume", killed).exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in left} == left  # kept, not rendered again
    assert bytes_of(frames) == bytes_of(tmp_path / "whole.mp4.frames")
    assert killed.read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_an_interrupted_walk_says_how_to_go_on(walk, tmp_path, monkeypatch):
    save, arguments = Film.save, ("--seeds", "4,9", "--frames", 4, tmp_path / "out.mp4")

    def interrupted(film, frame, path):
        if frame == 2:
            raise KeyboardInterrupt
        return save(film, frame, path)

    def interrupted_video(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Film, "save", interrupted)
        result = walk(*arguments)
        assert result.exit_code == 130
        assert "2 of 4 frames are in" in result.stderr
        assert "nothing is lost: --resume goes on" in result.stderr
    with monkeypatch.context() as patch:
        patch.setattr("panogen.apps.walk.job.save_video", interrupted_video)
        assert "4 of 4 frames are in" in walk(*arguments, "--resume").stderr
    assert walk(*arguments, "--resume").exit_code == 0
    assert {path.name for path in tmp_path.glob("*out*")} == {"out.mp4"}


def test_black_parts_are_spoken_of(walk, tmp_path):
    view = ("--projection", "perspective", "--fov", 120, "--height", 64, "--zoom", 2)
    assert "lies beyond the 90 degrees" in walk("--seeds", 4, "--frames", 2, *view, tmp_path / "out").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--seeds 4 {out}.mp4", "a walk needs two or more latents, or one and a camera that moves, got 1"),
        ("{out}.mp4", "got 0; name more seeds"),
        ("--seeds 4,x {out}.mp4", "seeds must be numbers and ranges like 0,1,4-6, got 'x'"),
        ("--seeds 4,9 --frames 1 {out}.mp4", "frames must be in [2, 1000000], got 1"),
        ("--seeds 4,9 --turn 90 {out}.mp4", "--turn must be a multiple of 360 for a loop to close, got 90"),
        ("--seeds 4,9 --zoom -1 {out}.mp4", "zoom must be a positive number, got -1"),
        ("--seeds 4,9 --ease hard --even {out}.mp4", "--ease or --even, got --ease hard and --even"),
        ("--seeds 4,9 {out}.avi", "must be one of .mp4, .webm, .gif, or none for a folder of frames, got '.avi'"),
        ("--seeds 4,9 --width 36 {out}.mp4", "a .mp4 must have an even width and height, got 36 x 9"),
        ("--seeds 4,9 --fps 0 {out}.mp4", "fps must be in [0.1, 240] for a .mp4, got 0"),
        ("--seeds 4,9 --fps 12 {out}", "--fps 12 is for .mp4, .webm, .gif, got"),
        ("--seeds 4,9 --keep-frames {out}", "--keep-frames is for .mp4, .webm, .gif, got"),
        ("--seeds 4,9 -", "a walk is a video or a folder of frames, got -, which is stdout"),
        ("--from {out}.nothere {out}.mp4", "Invalid value for '--from': Path '{out}.nothere' does not exist"),
        ("--seeds 4,9 {out}/missing/out.mp4", "does not exist; create it first"),
        ("--seeds 4,9 --yaw nan {out}.mp4", "--yaw must be a finite number of degrees, got nan"),
        ("--seeds 4,9 {out}" + 300 * "x", "cannot be written: File name too long"),
    ],
)
def test_bad_usage_is_one_sentence(walk, tmp_path, arguments, message):
    before = set(tmp_path.iterdir())
    result = walk(*arguments.format(out=tmp_path / "out").split())
    assert result.exit_code == 2
    (sentence,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert message.format(out=tmp_path / "out") in sentence
    assert set(tmp_path.iterdir()) == before


def test_a_missing_extra_is_named(walk, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    result = walk("--seeds", "4,9", tmp_path / "out.mp4")
    assert result.exit_code == 2
    assert "pip install 'panogen[video]'" in result.stderr
    assert walk("--seeds", "4,9", "--frames", 2, tmp_path / "out").exit_code == 0


@pytest.mark.parametrize(("outside", "said"), [("black", True), ("mirror", False)])
def test_what_lies_beyond_the_chart_is_told_where_it_is_black(walk, tmp_path, outside, said):
    look = ("--projection", "perspective", "--pitch", 40, "--outside", outside)
    result = walk("--seeds", "4,9", "--no-loop", "--frames", 2, *look, tmp_path / "out")
    assert result.exit_code == 0
    assert ("--outside mirror fills it" in " ".join(result.stderr.split())) == said
