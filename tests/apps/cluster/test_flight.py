"""A picture from workers of a cluster on this computer has the bytes of one made alone, whatever becomes of them."""

import os
import pickle
import re
import signal
import sys
from types import SimpleNamespace

import dask
import numpy as np
import pytest
from click.testing import CliRunner
from distributed import Client, LocalCluster, WorkerPlugin
from distributed.utils import get_mp_context
from PIL import Image

from panogen.api import Panogen
from panogen.apps.cluster.flight import AHEAD, spread
from panogen.apps.cluster.worker import Picture
from panogen.base.errors import JobError, UsageError
from panogen.cli.main import main
from panogen.geometry import Cylinder
from panogen.grids.view import View
from panogen.latents import Above, Around, Layout
from panogen.places import Average, Blend, Mask, Seed
from panogen.weights.checkpoint import Model
from tests.conftest import OCTAVES, tiny_generator
from tests.run.helpers import FRESH, PRELOADED

LARGE = View(width=320, supersample=2)
BLOCKS = 50
HERE = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "memory_limit": 0}


@pytest.fixture(scope="module", autouse=True)
def forked():
    """Workers begin as copies of a process that has imported everything."""
    with dask.config.set({"distributed.worker.multiprocessing-method": FRESH.get_start_method()}):
        get_mp_context()  # chooses what is imported, which is chosen again here
        FRESH.set_forkserver_preload([*PRELOADED, "distributed"])
        yield


@pytest.fixture(scope="module")
def workers():
    """Two processes with a thread each."""
    with LocalCluster(n_workers=2, threads_per_worker=1, silence_logs=60, **HERE) as cluster:
        yield cluster


@pytest.fixture
def lonely():
    """A scheduler without workers."""
    with LocalCluster(
        n_workers=0, threads_per_worker=1, processes=False, protocol="tcp", silence_logs=60, **HERE
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def model():
    return Panogen(Model(tiny_generator(), Cylinder(), {"licence": "MIT"}), "tiny")


@pytest.fixture(scope="module")
def octaves():
    return Panogen(Model(tiny_generator(**OCTAVES), Cylinder(), {"licence": "MIT"}), "octaves")


@pytest.fixture(scope="module")
def large(model, tmp_path_factory):
    """The bytes of the large picture of place 4 as a TIFF."""
    return alone(model, tmp_path_factory.mktemp("large") / "out.tif")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Pictures have many blocks, and little time passes between two looks at the cluster."""
    monkeypatch.setattr("panogen.rendering.pixels.STRIP", 2048)
    monkeypatch.setattr("panogen.rendering.pixels.BLOCK_COLUMNS", 128)
    monkeypatch.setattr("panogen.apps.cluster.flight.TICK_S", 0.1)


def silent(text):
    raise AssertionError(f"nothing to talk about, got {text!r}")


def made(
    model, address, path, place=4, view=LARGE, progress=lambda samples: None, resume=False, tell=silent, **patience
):
    """The bytes of a picture that a cluster makes."""
    output = model.output(path, place, view, progress)
    with spread(address, model, place, view, output.pixel_renderer, tell=tell, **patience) as windows:
        output.write(resume=resume, windows=windows)
    return path.read_bytes()


def alone(model, path, place=4, view=LARGE):
    """The bytes of a picture that this process makes."""
    output = model.output(path.with_name(f"alone-{path.name}"), place, view)
    output.write()
    return output.path.read_bytes()


def left(cluster):
    """What a cluster still has of pictures."""
    return [
        key for key in {**cluster.scheduler.worker_plugins, **cluster.scheduler.tasks} if key.startswith("panogen-")
    ]


def test_same_bytes_though_a_worker_is_killed(workers, model, large, tmp_path):
    heard, out = [], []

    def progress(samples):
        heard.append(samples)
        out.append(sum(key.startswith("panogen-") for key in workers.scheduler.tasks))
        if len(heard) == BLOCKS // 4:
            os.kill(victim, signal.SIGKILL)

    with Client(workers, set_as_default=False) as client:
        before = client.run(os.getpid)
        victim = next(iter(before.values()))
        picture = made(model, workers.scheduler_address, tmp_path / "out.tif", progress=progress)
        assert picture == large
        assert len(heard) == BLOCKS and sum(heard) == 320 * 80 * 4
        assert 1 < max(out) <= 2 * AHEAD
        client.wait_for_workers(2)
        assert victim not in client.run(os.getpid).values()
    assert not left(workers)


@pytest.mark.parametrize("name", ["model", "octaves"])
def test_fields_and_formats(workers, request, name, tmp_path):
    model = request.getfixturevalue(name)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 32), np.uint8)).save(tmp_path / "mask.png")
    painted = Blend((Seed(1), Seed(2)), Mask.of(tmp_path / "mask.png"))
    around = Blend((Seed(1), Seed(2), painted), Around((0.0, 120.0, 240.0), 0.5, "even"))
    above = Blend((Seed(3), Seed(4)), Above((-10.0, 10.0)))
    look = {"yaw_deg": 20.0, "pitch_deg": 10.0, "projection": "perspective"}
    pictures = {
        "around.png": (Blend((Seed(1), Seed(2))), View(width=192)),
        "nested.jpg": (around, View(width=128, **look)),
        "above.exr": (above, View(width=96, truncation=0.5)),
        "clear.png": (3, View(width=64, supersample=2, outside="transparent", fov_deg=120.0, **look)),
    }
    for file, (place, view) in pictures.items():
        picture = made(model, workers.scheduler_address, tmp_path / file, place, view)
        assert picture == alone(model, tmp_path / file, place, view), file


def test_layouts_travel_with_the_field(model, tmp_path, monkeypatch):
    field = model.field(Blend((Seed(4, layout=7), Average((Seed(1), Seed(2))))))
    view = View(width=64)
    picture = pickle.loads(pickle.dumps(Picture.of(model, field, view, model.pixel_renderer(field, view))))
    arrived, renderer = [], Panogen.renderer

    def noting(panogen, field, *rest):
        arrived.append(field)
        return renderer(panogen, field, *rest)

    monkeypatch.setattr(Panogen, "renderer", noting)
    picture.setup(SimpleNamespace(local_directory=str(tmp_path)))
    picture.pixel_renderer()
    assert picture.same_bits
    assert arrived[0].layouts == field.layouts == (Layout.of(7), Layout(((1, 0.5), (2, 0.5))))


def test_the_command_line(workers, tmp_path, model_folder):
    def run(out, *options, width=("--width", 640)):
        line = ["render", "--model", model_folder, *width, "--quiet", *options, tmp_path / out]
        return CliRunner().invoke(main, [str(argument) for argument in line])

    address = workers.scheduler_address
    assert run("alone.png").exit_code == 0
    assert run("many.png", "--scheduler", address).output == ""
    assert (tmp_path / "many.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
    np.save(tmp_path / "points.npy", 10.0 * np.argwhere(np.ones((2, 2))))
    refused = run("points.png", "--scheduler", address, "--points", tmp_path / "points.npy", width=())
    assert refused.exit_code == 2 and "stay on this machine; leave --scheduler out" in refused.stderr


class Trap(WorkerPlugin):
    """Ends a worker that begins with the last window."""

    def transition(self, key, start, finish, **kwargs):
        if finish == "executing" and key.endswith("-72-256-8-64"):
            os._exit(1)


def test_a_window_that_kills_its_workers_stops_the_picture(workers, model, large, tmp_path):
    out = tmp_path / "out.tif"
    workers.scheduler.allowed_failures, usual = 1, workers.scheduler.allowed_failures
    with Client(workers, set_as_default=False) as client:
        client.register_plugin(Trap(), "trap")
        with pytest.raises(JobError, match=r"2 workers died.*they had rows \d+ to \d+, columns .*--resume goes on"):
            made(model, workers.scheduler_address, out, tell=lambda text: None)
        workers.scheduler.worker_plugins.pop("trap")
        for worker in client.nthreads():
            client.run(os._exit, 0, workers=[worker], on_error="ignore")
    assert not left(workers)
    workers.scheduler.allowed_failures = usual
    heard = []
    picture = made(model, workers.scheduler_address, out, progress=heard.append, resume=True, tell=lambda text: None)
    assert picture == large
    assert len(heard) < BLOCKS // 2


def test_workers_that_compute_other_bits_are_named_once(workers, model, tmp_path, monkeypatch):
    heard = []
    monkeypatch.setattr("panogen.apps.cluster.worker.sample_of", lambda renderer: "others")
    with Client(workers, set_as_default=False) as client:
        client.wait_for_workers(2)
        made(model, workers.scheduler_address, tmp_path / "out.tif", tell=heard.append)
        assert 1 <= len(heard) == len(set(heard)) <= 2
        assert all(any(worker in text for worker in client.nthreads()) for text in heard)
        assert all("rounds otherwise than this machine" in text for text in heard)


def test_a_worker_that_comes_late_takes_part(lonely, model, large, tmp_path):
    heard = []

    def tell(text):
        heard.append(text)
        lonely.scale(1)

    picture = made(model, lonely.scheduler_address, tmp_path / "out.tif", tell=tell)
    assert picture == large
    assert len(heard) == 1 and f"no worker at {lonely.scheduler_address}: waiting 300 s" in heard[0]


def test_no_worker_comes(lonely, model, tmp_path):
    with pytest.raises(JobError, match=r"no worker came to tcp://.* within 0.2 s; nothing is lost, --resume"):
        made(model, lonely.scheduler_address, tmp_path / "out.tif", tell=lambda text: None, patience_s=0.2)
    assert not list(tmp_path.iterdir())


def test_the_scheduler_goes(lonely, model, tmp_path):
    lonely.scale(1)
    heard = []

    def progress(samples):
        heard.append(samples)
        if len(heard) == 2:
            lonely.close()

    with pytest.raises(JobError, match="does not answer any more; nothing is lost, --resume"):
        made(model, lonely.scheduler_address, tmp_path / "out.tif", progress=progress)
    assert len(heard) < BLOCKS // 2  # it does not go on, nor wait for workers, which it would tell
    assert (tmp_path / "out.tif.canvas.tif").exists()


def test_no_scheduler_answers(model, tmp_path, monkeypatch):
    monkeypatch.setattr("panogen.apps.cluster.flight.CONNECT_S", 0.3)
    with pytest.raises(JobError, match=r"no scheduler answers at tcp://127\.0\.0\.1:1 within 0\.3 s"):
        made(model, "tcp://127.0.0.1:1", tmp_path / "out.tif")
    monkeypatch.setattr("distributed.Client", None)  # one made for no address would end with a traceback, later
    for address in ("ftp://here", "nowhere"):
        with pytest.raises(UsageError, match=f"scheduler must be an address like tcp://HOST:8786, got '{address}'"):
            made(model, address, tmp_path / "out.tif")


@pytest.mark.parametrize(("version", "said"), [("9.9", "has panogen .*, this machine 9.9")])
def test_another_panogen(lonely, model, tmp_path, monkeypatch, version, said):
    monkeypatch.setattr("panogen.apps.cluster.flight.__version__", version)
    with pytest.raises(JobError, match=f"the scheduler {re.escape(lonely.scheduler_address)} {said}"):
        made(model, lonely.scheduler_address, tmp_path / "out.tif")


def test_without_the_extra_it_says_what_to_install(model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'panogen\[cluster\]'"):
        made(model, "tcp://127.0.0.1:1", tmp_path / "out.tif")
