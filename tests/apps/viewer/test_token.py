import os
import stat

import pytest

from panogen.apps.viewer.token import TOKEN, new_token, state_folder, token_for

needs_modes = pytest.mark.skipif(os.name == "nt", reason="files have no such modes here")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "panogen"


def test_tokens_are_random():
    assert len({new_token() for _ in range(100)}) == 100
    assert TOKEN.fullmatch(new_token())


def test_a_port_keeps_its_token(folder):
    token = token_for(8360)
    assert token_for(8360) == token != token_for(8361)
    assert (folder / "view-8360.token").read_text() == token
    (folder / "view-8360.token").unlink()
    assert token_for(8360) != token


@needs_modes
def test_only_this_user_can_read_it(folder):
    token_for(8360)
    assert stat.S_IMODE((folder / "view-8360.token").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@needs_modes
@pytest.mark.parametrize("mode", [0o644, 0o620, 0o604])
def test_a_file_that_others_reach_is_not_believed(folder, mode):
    token, path = token_for(8360), folder / "view-8360.token"
    path.chmod(mode)
    assert token_for(8360) != token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@needs_modes
def test_a_link_is_not_followed(folder, tmp_path):
    folder.mkdir(parents=True)
    elsewhere = tmp_path / "known"
    elsewhere.write_text("k" * 32)
    elsewhere.chmod(0o600)
    (folder / "view-8360.token").symlink_to(elsewhere)
    assert token_for(8360) != "k" * 32
    assert elsewhere.read_text() == "k" * 32


@pytest.mark.parametrize("text", ["", "short", "x" * 33, "../" + "x" * 29, "\0" * 32, "x" * 32 + "\n"])
def test_a_broken_file_is_replaced(folder, text):
    token_for(8360)
    (folder / "view-8360.token").write_text(text)
    assert TOKEN.fullmatch(token_for(8360))


def test_without_a_folder_it_is_new_every_time(folder, tmp_path):
    (tmp_path / "state").write_text("a file")
    assert token_for(8360) != token_for(8360)


def test_where_the_folder_is(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for unset in ("", "relative/path"):
        monkeypatch.setenv("XDG_STATE_HOME", unset)
        assert state_folder() == tmp_path / ".local" / "state" / "panogen"
