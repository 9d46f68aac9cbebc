"""Several processes that torchrun starts, on one machine and without a GPU."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
import torch

from panogen.base.tensors import read_tensors
from panogen.data import Landscapes
from panogen.run import Run, train
from panogen.training import Ranks
from panogen.training.ranks import process_group
from tests.run.helpers import OPTIONS, begin, command, log_often, needs_signals

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def torchrun(told, *arguments):
    """What ``torchrun ... -m panogen train ARGUMENTS`` does; its processes are fresh ones."""
    from torch.distributed.run import main

    os.environ["OMP_NUM_THREADS"], sys.stderr = "1", told.open("w")
    main(
        [
            "--nproc-per-node",
            "2",
            "--master-port",
            free_port(),
            "-m",
            "panogen",
            "train",
            *map(str, arguments),
            *OPTIONS,
        ]
    )


def one_of_two(rank, port, told, *arguments):
    """What ``panogen train ARGUMENTS`` does where torchrun has started it, with another one beside it."""
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    command(told, *arguments)


def process_of(rank, run):
    """The process id of a rank."""
    for folder in Path("/proc").iterdir():
        try:
            told = (folder / "environ").read_bytes().split(b"\0")
            if b"RANK=%d" % rank in told and str(run).encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                return int(folder.name)
        except OSError:  # another's, or gone
            continue
    raise AssertionError(f"no process of rank {rank}")


def test_alone_there_is_no_group(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with process_group("cuda") as found:
        assert found == (Ranks(0, 1), "cuda")
    assert not torch.distributed.is_initialized()


@needs_signals
def test_two_processes_end_with_the_weights_of_one(tmp_path, monkeypatch):
    log_often(monkeypatch)
    port, told = free_port(), [tmp_path / f"told{rank}" for rank in (0, 1)]
    line = (str(tmp_path / "two"), "--stages", "8:24", *OPTIONS)
    processes = [begin(one_of_two, rank, port, path, *line) for rank, path in enumerate(told)]
    for process, path in zip(processes, told, strict=True):
        process.join(300)
        assert process.exitcode == 0, path.read_text()
    assert "24 of 24 images seen" in told[0].read_text()
    assert told[1].read_text() == ""  # the first process alone talks
    train(Run.begin(tmp_path / "one", Run.open(tmp_path / "two").config, Landscapes()), Landscapes())
    one, two = (read_tensors(tmp_path / name / "checkpoints/000000024/training.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, atol=1e-5, rtol=1e-5, msg=name)
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == sorted(
        path.name for path in (tmp_path / "one").iterdir()
    )


@needs_signals
@needs_proc
def test_a_killed_process_ends_them_all(tmp_path):
    run, told = tmp_path / "run", tmp_path / "told"
    process = begin(torchrun, told, run, "--stages", "8:800000", "--checkpoint-images", "8")
    while not (run / "latest").exists():
        assert process.is_alive()
        time.sleep(0.01)
    os.kill(process_of(1, run), signal.SIGKILL)
    process.join(60)
    assert process.exitcode not in (None, 0), told.read_text()
    state, _ = Run.open(run).load("cpu")
    assert state.n_images >= 8
