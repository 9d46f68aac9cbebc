import numpy as np

from panogen.run.snapshots import SAMPLES, WALK, Snapshots, evenly


def test_snapshots_are_found_by_kind_and_other_files_are_not(tmp_path):
    snapshots = Snapshots(tmp_path)
    paths = [snapshots.path(n_images) for n_images in (8, 1_234_567_890, 16)]
    walk = snapshots.path(16, WALK)
    for path in (*paths, walk, tmp_path / "other.png", tmp_path / "8.png", tmp_path / "000000024.jpg"):
        path.touch()
    assert snapshots.chosen(SAMPLES, 9) == [(8, paths[0]), (16, paths[2]), (1_234_567_890, paths[1])]
    assert snapshots.chosen(SAMPLES, 2) == [(8, paths[0]), (1_234_567_890, paths[1])]
    assert snapshots.chosen(WALK, 9) == [(16, walk)]
    assert Snapshots(tmp_path / "none").chosen(WALK, 9) == []


def test_snapshots_beyond_are_dropped_and_other_files_are_not(tmp_path):
    snapshots = Snapshots(tmp_path)
    kept = [snapshots.path(8, kind) for kind in (SAMPLES, WALK)] + [tmp_path / "99.png", tmp_path / "000000024.jpg"]
    for path in (*kept, snapshots.path(16), snapshots.path(9, WALK), snapshots.path(1_234_567_890)):
        path.touch()
    snapshots.drop_beyond(8)
    assert set(tmp_path.iterdir()) == set(kept)
    Snapshots(tmp_path / "none").drop_beyond(8)


def test_pictures_are_chosen_evenly_over_the_images_not_over_the_files():
    assert evenly(np.arange(5.0), 12) == [0, 1, 2, 3, 4]
    chosen = evenly(np.arange(500.0), 12)
    assert (len(chosen), chosen[0], chosen[-1]) == (12, 0, 499)
    assert max(np.diff(chosen)) - min(np.diff(chosen)) <= 1
    crowded = np.concatenate([np.arange(100.0), [1000, 2000]])
    assert evenly(crowded, 3) == [0, 100, 101]
