import dataclasses
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import distributed

from panogen.training import Ranks, TrainState
from panogen.training.batch import draw_parts
from panogen.training.step import train_step
from tests.run.helpers import begin
from tests.training.helpers import Stripes, config_of

STEPS = 3
TOGETHER = (["two discriminators", "ada"], ["r3gan", "half the points"], ["octaves"])


def steps(modes, ranks):
    config = dataclasses.replace(config_of(*modes), batch=16)
    state = TrainState.new(config)
    state.augmentation = 0.5 if "ada" in modes else 0.0
    with ThreadPoolExecutor(1) as pool:
        for _ in range(STEPS):
            state.grow_if_due()
            parts = draw_parts(config, state.n_images, Stripes(), ranks)
            losses = train_step(state, lambda parts=parts: parts, pool, ranks).losses
    return state, losses


def one_of_two(rank, folder):
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
    for modes in TOGETHER:
        state, losses = steps(modes, Ranks(rank, 2))
        torch.save((state.tensors(), losses), f"{folder}/{modes[0]}{rank}.pt")
    distributed.destroy_process_group()


def test_two_processes_are_one(tmp_path):
    processes = [begin(one_of_two, rank, tmp_path) for rank in (0, 1)]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    for modes in TOGETHER:
        alone, losses = steps(modes, Ranks())
        found = [torch.load(tmp_path / f"{modes[0]}{rank}.pt") for rank in (0, 1)]
        for name, value in alone.tensors().items():
            assert torch.equal(found[0][0][name], found[1][0][name]), name
            torch.testing.assert_close(found[0][0][name], value, atol=1e-5, rtol=1e-5)
        for name, value in losses.items():
            torch.testing.assert_close(found[0][1][name], value, atol=1e-5, rtol=1e-5)


def test_alone_nothing_is_sent():
    ranks = Ranks()
    assert ranks == Ranks(0, 1)
    assert ranks.first
    assert ranks.own([1, 2, 3]) == [1, 2, 3]
    assert Ranks(1, 2).own([1, 2, 3, 4]) == [2, 4]
    tensor = torch.ones(2)
    ranks.sum([tensor])
    assert tensor.tolist() == [1, 1]
    assert not ranks.any(False, "cpu")
