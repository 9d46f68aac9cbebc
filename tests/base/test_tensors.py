import torch
from safetensors import safe_open
from safetensors.torch import load

from panogen.base.tensors import tensor_bytes

ABOUT = {"format": "x", "about": '{"né": 1}', "more": ""}


def test_the_same_bytes_for_the_same_values(tmp_path):
    tensors = {"a": torch.arange(3.0), "b": torch.zeros(2, 2, dtype=torch.int64)}
    files = {tensor_bytes(tensors, ABOUT) for _ in range(30)}
    assert len(files) == 1
    (tmp_path / "file").write_bytes(files.pop())
    with safe_open(tmp_path / "file", "pt") as file:
        assert file.metadata() == ABOUT
    for name, value in load((tmp_path / "file").read_bytes()).items():
        assert torch.equal(value, tensors[name])
