# SPDX-License-Identifier: Apache-2.0
"""Files out of folders and zip files, and what is refused of them."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from skontro.core.errors import SkontroError
from skontro.messages.bundles import open_sources


def packed(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return path


def outcome(*paths: Path) -> dict[str, str]:
    """What each file is, or the code of its refusal."""
    found = {}
    for source in open_sources(paths):
        try:
            found[Path(source.name).name] = source.read().decode()
        except SkontroError as refused:
            found[Path(source.name).name] = refused.code
    return found


def test_folders_and_zip_files_give_what_is_in_them(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "b.xml").write_text("b")
    (tmp_path / "in" / "deep" / "c.xml").write_text("c")
    (tmp_path / "in" / ".hidden").write_text("x")
    packed(tmp_path / "in" / "a.zip", {"d.xml": b"d", "deep/e.xml": b"e"})
    assert outcome(tmp_path / "in") == {"d.xml": "d", "e.xml": "e", "b.xml": "b", "c.xml": "c"}
    assert outcome(tmp_path / "in" / "b.xml") == {"b.xml": "b"}


def test_links_in_folders_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.xml").symlink_to(secret)
    (tmp_path / "in" / "b").symlink_to(tmp_path)
    packed(tmp_path / "out.zip", {"c.xml": b"c"})
    (tmp_path / "in" / "d.zip").symlink_to(tmp_path / "out.zip")
    assert outcome(tmp_path / "in") == {"a.xml": "NoSuchFile", "d.zip": "NoSuchFile"}


@pytest.mark.parametrize("name", ["../a.xml", "/a.xml", "x/../../a.xml", "..\\a.xml", "C:/a.xml"])
def test_paths_that_climb_out_refuse_the_whole(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "z.zip", {"good.xml": b"x", name: b"y"})
    assert outcome(path) == {"z.zip": "ZipClimbsOut"}


def test_a_link_in_a_zip_file_refuses_the_whole(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as out:
        one = zipfile.ZipInfo("a.xml")
        one.external_attr = (stat.S_IFLNK | 0o777) << 16
        out.writestr(one, "../secret.txt")
    assert outcome(tmp_path / "z.zip") == {"z.zip": "ZipClimbsOut"}


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "bomb.zip", {"a.xml": b"\0" * 3 * 2**20})
    assert outcome(bomb) == {"bomb.zip": "ZipBomb"}
    many = packed(tmp_path / "many.zip", {f"{n}": b"" for n in range(20_001)})
    assert outcome(many) == {"many.zip": "ZipTooLarge"}
    data = bytearray(bomb.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")  # it says it is small
    (tmp_path / "liar.zip").write_bytes(data)
    assert outcome(tmp_path / "liar.zip") == {"a.xml": "ZipBroken"}


def test_files_on_top_of_each_other_refuse_the_whole(tmp_path: Path) -> None:
    """Two names of one packed file: what a bomb without nesting is made of."""
    data = packed(tmp_path / "z.zip", {"a.xml": b"one"}, zipfile.ZIP_STORED).read_bytes()
    at, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    again = data[at:end].replace(b"a.xml", b"b.xml")
    close = bytearray(data[end:])
    close[8:12] = (2).to_bytes(2, "little") * 2
    close[12:16] = (2 * (end - at)).to_bytes(4, "little")
    (tmp_path / "z.zip").write_bytes(data[:end] + again + close)
    assert outcome(tmp_path / "z.zip") == {"z.zip": "ZipBomb"}


def test_what_is_packed_again_locked_or_broken_is_refused_alone(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as out:
        out.writestr("x.xml", b"x")
    path = packed(
        tmp_path / "z.zip",
        {"good.xml": b"good", "inner.zip": inner.getvalue(), "named.xml": inner.getvalue(),
         "broken.xml": b"broken!"}, zipfile.ZIP_STORED,
    )  # fmt: skip
    data = path.read_bytes().replace(b"broken!", b"brokem!")
    path.write_bytes(data)
    assert outcome(path) == {
        "good.xml": "good", "inner.zip": "ZipInZip", "named.xml": "ZipInZip",
        "broken.xml": "ZipBroken",
    }  # fmt: skip
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 and no more")
    assert outcome(tmp_path / "no.zip") == {"no.zip": "ZipBroken"}


def test_one_name_twice_refuses_the_whole(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as out:
        out.writestr("a.xml", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            out.writestr("a.xml", b"2")
    assert outcome(tmp_path / "z.zip") == {"z.zip": "ZipTwice"}


def test_what_is_no_file_or_too_large_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large.xml"
    with large.open("wb") as file:
        file.truncate(2**30)
    assert outcome(large, tmp_path / "none.xml") == {
        "large.xml": "FileTooLarge", "none.xml": "NoSuchFile",
    }  # fmt: skip
    assert outcome(Path("/dev/null")) == {"null": "NoSuchFile"}
