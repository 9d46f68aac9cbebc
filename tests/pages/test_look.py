import re

from panogen.pages.look import FOLDER, START, page_files


def test_all_files_are_named():
    assert set(page_files().values()) == {path for path in FOLDER.iterdir() if path.suffix in (".html", ".css", ".js")}


def test_they_ask_for_each_other_and_for_a_source_alone():
    words = "".join(path.read_text() for path in page_files().values())
    asked = re.findall(r'from "\./(.+?)"', words) + re.findall(
        r'(?:src|href)="(\w.*?)"', page_files()[START].read_text()
    )
    assert set(asked) == {*page_files(), "source.js", "data:,"} - {START}


def test_they_do_not_know_where_pictures_come_from():
    words = "".join(path.read_text() for path in page_files().values())
    assert not re.search("server|websocket|panogen view", words, re.I)
