# SPDX-License-Identifier: Apache-2.0
"""The folder itself: which files there are, their digests, JSON in its one written form."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from skontro.verify.verdict import ClaimFailed, require

FORMAT = "skontro.result/1"
TABLE_ENDINGS = ("csv", "parquet", "xlsx")
LARGEST_JSON = 1 << 28
STATEMENT_FILE = "publication.json"
ROLES = ("obligations", "participants", "fixing", "pay_in_limits", "border_quotas")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def _no_float(text: str) -> Any:
    raise ClaimFailed(f"a number with a point or an exponent, {text}, stands where none may")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    require(len(found) == len(pairs), "a JSON object names a key twice")
    return found


def parse_json(data: bytes, name: str) -> Any:
    """Read JSON without floats, constants or repeated keys."""
    require(len(data) <= LARGEST_JSON, f"{name} is larger than any honest one")
    try:
        return json.loads(
            data.decode("utf-8"),
            parse_float=_no_float,
            parse_constant=_no_float,
            object_pairs_hook=_no_twice,
        )
    except (ValueError, RecursionError) as found:
        raise ClaimFailed(f"{name} is not JSON: {found}") from None


def written_json(value: Any) -> bytes:
    """The one way a JSON file of a result folder is written."""
    return (json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()


def canonical_json(value: Any) -> bytes:
    """JSON as it goes into a digest: sorted keys, no spaces, no newline."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def read_json(path: Path) -> Any:
    """Read a JSON file and require the one form in which it may be written."""
    data = path.read_bytes()
    value = parse_json(data, path.name)
    require(written_json(value) == data, f"{path.name} is not in its one written form")
    return value


def is_digest(value: object) -> bool:
    """Whether a value is a SHA-256 in lower-case hexadecimal."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Folder:
    """A result folder: its manifest, and its digests being computed beside other work."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, int] = {}
        self.manifest: dict[str, Any] = {}
        self._pool = ThreadPoolExecutor(max_workers=2)
        self._digests: dict[str, Future[str]] = {}

    def close(self) -> None:
        """Stop what is still being digested."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def find_files(self) -> str:
        """List every file in the folder; nothing but plain files and the inputs folder."""
        require(self.root.is_dir(), f"there is no folder {self.root}")
        require(
            (self.root / "manifest.json").is_file(),
            "there is no manifest.json: it is no result folder, or no longer a whole one",
        )
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode):
                require(name == "inputs", f"a folder {name} does not belong here")
                continue
            require(stat.S_ISREG(mode), f"{name} is not a plain file")
            self.files[name] = path.lstat().st_size
        return f"{len(self.files)} files"

    def read_manifest(self) -> str:
        """Read the manifest and begin to digest what it lists."""
        manifest = read_json(self.root / "manifest.json")
        require(isinstance(manifest, dict), "manifest.json is not an object")
        keys = {"format", "inputs", "outputs", "parameters", "input_digest", "result_digest"}
        require(set(manifest) == keys, f"manifest.json must have exactly {sorted(keys)}")
        require(manifest["format"] == FORMAT, f"the format is not {FORMAT}")
        require(
            is_digest(manifest["input_digest"]) and is_digest(manifest["result_digest"]),
            "input_digest and result_digest must be SHA-256",
        )
        for part in ("inputs", "outputs"):
            require(isinstance(manifest[part], list), f"manifest.{part} is not a list")
            for entry in manifest[part]:
                self._begin_digest(entry, part)
        self.manifest = manifest
        return "readable, in its one written form"

    def _begin_digest(self, entry: Any, part: str) -> None:
        wanted = {"name", "sha256", "bytes"} | ({"role", "sheet"} if part == "inputs" else set())
        require(
            isinstance(entry, dict) and set(entry) == wanted,
            f"an entry of manifest.{part} must have exactly {sorted(wanted)}",
        )
        name = entry["name"]
        require(isinstance(name, str) and name in self.files, f"{name!r} is listed, but not there")
        require(name.startswith("inputs/") == (part == "inputs"), f"{name} is in the wrong list")
        require(name not in self._digests, f"{name} is listed twice")
        require(is_digest(entry["sha256"]), f"the digest of {name} is not a SHA-256")
        require(type(entry["bytes"]) is int, f"the size of {name} is not an integer")
        self._digests[name] = self._pool.submit(file_digest, self.root / name)

    def check_listing(self) -> str:
        """Every file is listed once, and nothing else; roles and names in their order."""
        exempt = {"manifest.json", "run.json", STATEMENT_FILE}
        unlisted = sorted(set(self.files) - set(self._digests) - exempt)
        require(not unlisted, f"not listed in the manifest: {', '.join(unlisted)}")
        listed = sorted(exempt & set(self._digests))
        require(not listed, f"no manifest lists {', '.join(listed)}")
        roles = [entry["role"] for entry in self.manifest["inputs"]]
        require(
            len(set(roles)) == len(roles) and {"obligations"} <= set(roles) <= set(ROLES),
            "the inputs do not stand under their roles, each once",
        )
        names = [entry["name"] for entry in self.manifest["outputs"]]
        ordered = sorted(names, key=lambda name: name.encode())
        require(names == ordered, "the outputs are not listed by name")
        kept = {"summary.json", "certificate.json", "rejections.csv", "report.html"}
        kept |= {"commitment.json"}
        missing = sorted(kept - set(names))
        require(not missing, f"missing: {', '.join(missing)}")
        tables = {f"{stem}.{end}" for stem in ("obligations", "participants")
                  for end in TABLE_ENDINGS}
        odd = sorted(set(names) - kept - tables)
        require(not odd, f"no part of a result: {', '.join(odd)}")
        for stem in ("obligations", "participants"):
            self.table_path(stem)
        return f"{len(names)} outputs and {len(roles)} inputs, each listed once"

    def check_digests(self) -> str:
        """Every listed file has the bytes that its digest and its size say."""
        total = 0
        for part in ("inputs", "outputs"):
            for entry in self.manifest[part]:
                name = entry["name"]
                require(self.files[name] == entry["bytes"], f"{name} has another size")
                require(
                    self._digests[name].result() == entry["sha256"], f"{name} has another digest"
                )
                total += entry["bytes"]
        return f"{len(self._digests)} files, {total} bytes"

    def table_path(self, stem: str) -> Path:
        """The one file of an output table."""
        found = [f"{stem}.{end}" for end in TABLE_ENDINGS if f"{stem}.{end}" in self.files]
        require(len(found) == 1, f"there must be one {stem} table, there are {len(found)}")
        return self.root / found[0]

    def input_path(self, role: str) -> tuple[Path, str | None] | None:
        """Path and sheet of the input in this role, none if it was not given."""
        for entry in self.manifest["inputs"]:
            if entry["role"] == role:
                sheet = entry["sheet"]
                is_book = entry["name"].endswith((".xlsx", ".xlsm"))
                good = isinstance(sheet, str) if is_book and sheet is not None else sheet is None
                require(good, "a sheet is named where there is none")
                return self.root / entry["name"], sheet
        return None
