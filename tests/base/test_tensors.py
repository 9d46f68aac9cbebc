import os

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load

from panogen.base.errors import JobError
from panogen.base.tensors import read_about, read_json, read_names, read_tensors, tensor_bytes

needs_bytes = pytest.mark.skipif(os.name == "nt", reason="names are text there")
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


@pytest.mark.parametrize("name", ["plain", "käse 日", pytest.param(b"caf\xe9", marks=needs_bytes)])
def test_files_of_any_name_are_read(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(tensor_bytes({"a": torch.arange(3.0)}, ABOUT))
    assert torch.equal(read_tensors(path)["a"], torch.arange(3.0))
    assert read_about(path) == ABOUT
    assert read_names(path) == {"a"}


@pytest.mark.parametrize("content", [b"", b"\x02\0\0\0\0\0\0\0[]", b"PK\3\4" + bytes(99)])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    for read in (read_tensors, read_about, read_names):
        with pytest.raises(JobError, match="file: not a safetensors file; pickled weights are not read"):
            read(tmp_path / "file")


def test_a_header_that_is_nested_too_deep_is_refused(tmp_path):
    header = b'{"a": ' + b"[" * 100_000
    (tmp_path / "file").write_bytes(len(header).to_bytes(8, "little") + header)
    for read in (read_tensors, read_about, read_names):
        with pytest.raises(JobError, match="file: broken or cut short"):
            read(tmp_path / "file")


def test_json_is_read_in_utf_8_whatever_the_locale(tmp_path):
    (tmp_path / "file.json").write_bytes('{"name": "日"}'.encode())
    assert read_json(tmp_path / "file.json") == {"name": "日"}
