import multiprocessing
import sys
import threading

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from panogen.base.errors import JobError
from panogen.base.runtime import keep_large_buffers, one_blas_thread, plain_torch, torch_threads, workers_of


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_glibc_takes_the_settings():
    assert keep_large_buffers()


def test_threads_are_restored_even_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError), torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise RuntimeError
    assert torch.get_num_threads() == before


def test_a_thread_that_comes_while_others_compute_leaves_no_fewer_threads_behind():
    before, counts, entered, may_go = torch.get_num_threads(), [], threading.Event(), threading.Event()

    def other():
        with torch_threads(1):
            entered.set()
            may_go.wait(30)
        counts.append(torch.get_num_threads())

    torch.set_num_threads(3)
    try:
        with torch_threads(1):
            thread = threading.Thread(target=other)
            thread.start()
            entered.wait(30)
        may_go.set()
        thread.join()
        fresh = threading.Thread(target=lambda: counts.append(torch.get_num_threads()))
        fresh.start()
        fresh.join()
        assert counts == [3, 3]
    finally:
        torch.set_num_threads(before)


def test_blas_is_on_one_thread_for_one_caller_at_a_time():
    def counts():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    def compute():
        with one_blas_thread():
            pass

    with threadpool_limits(2, "blas"):
        with one_blas_thread():
            assert counts() == {1}
            other = threading.Thread(target=compute)
            other.start()
            other.join(0.1)
            assert other.is_alive()  # or it would find one thread, and leave one behind
        other.join()
        assert counts() == {2}


def test_workers_run_torch_on_themselves_alone():
    with torch_threads(3), workers_of(2) as pool:
        assert set(pool.map(lambda _: torch.get_num_threads(), range(8))) == {1}
        assert torch.get_num_threads() == 3


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork there")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("computing", [False, True])
def test_a_process_forked_while_another_thread_computes_says_so(computing):
    context = multiprocessing.get_context("fork")
    queue, entered, may_go = context.Queue(), threading.Event(), threading.Event()

    def compute():
        with torch_threads(1):
            entered.set()
            may_go.wait(30)

    def child():
        try:
            with torch_threads(1):
                queue.put("computed")
        except JobError as error:
            queue.put(str(error))

    thread = threading.Thread(target=compute)
    process = context.Process(target=child)
    if computing:
        thread.start()
        entered.wait(30)
    process.start()
    said = queue.get(timeout=30)
    process.join()
    if computing:
        may_go.set()
        thread.join()
    assert ("spawn" in said) if computing else said == "computed"


def test_torch_is_plain_whatever_the_caller_asks_of_it():
    def product():
        one = torch.ones(2, 2)
        return one @ one

    with torch.device("meta"), torch.autocast("cpu", torch.bfloat16), torch.inference_mode():
        assert product().is_meta
        with plain_torch():
            found = product()
            assert (found.device.type, found.dtype) == ("cpu", torch.float32)
            assert torch.is_grad_enabled()
            assert not found.is_inference()
        assert torch.is_inference_mode_enabled()
        assert torch.is_autocast_enabled("cpu")
        assert product().is_meta
