# SPDX-License-Identifier: Apache-2.0
"""One set of obligations has one result, whatever their order, their file and the threads."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from skontro.lab.synthetic import generate

# Small parts, so that a small file keeps several threads busy; threads are counted.
PROGRAM = """
import sys, threading
begun = []
start = threading.Thread.start
threading.Thread.start = lambda thread: begun.append(thread.name) or start(thread)
from skontro.core import ordering
from skontro.kernel import threads
from skontro.messages import csv_files
threads.MANY = 0
csv_files._BYTES_PER_BLOCK, ordering.GATHERED = 1 << 12, 1 << 8
from skontro.cli import main
code = main(sys.argv[1:])
sys.stderr.write(f"threads {len(begun)}\\n")
sys.exit(code)
"""


def cleared(folder: Path, obligations: str, *words: str) -> tuple[str, int]:
    """Clear a file in a process of its own: result digest, and how many threads were begun."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "clear", obligations,
         "--participants", "n-participants.csv", "--fixing", "n-fixing.csv",
         "--cash", "unlimited", "--json", *words],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["result_digest"], int(done.stderr.split("threads ")[-1])


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of two sides and two currencies, its rows in order and shuffled, columns too."""
    folder = tmp_path_factory.mktemp("network")
    generate("community", 300, 4_000, 7, folder / "n.csv", currencies=("EUR", "INR"), sides=2)
    head, *rows = (folder / "n.csv").read_text("utf-8").splitlines()
    random.Random(5).shuffle(rows)
    turned = [",".join(reversed(line.split(","))) for line in [head, *rows]]
    (folder / "shuffled.csv").write_text("\n".join(turned) + "\n", "utf-8")
    return folder


@pytest.mark.parametrize("more", [(), ("--prefer", "oldest"), ("--split", "pro-rata")])
def test_rows_and_threads_make_no_difference(network: Path, more: tuple[str, ...]) -> None:
    """Goal: one digest. Method: one and two threads, rows and columns in two orders."""
    alone, begun_alone = cleared(network, "n.csv", "--threads", "1", *more)
    both, begun = cleared(network, "n.csv", "--threads", "2", *more)
    shuffled, _ = cleared(network, "shuffled.csv", "--threads", "2", *more)
    free, _ = cleared(network, "shuffled.csv", *more)
    assert alone == both == shuffled == free
    assert begun_alone == 0
    assert begun > 0


def test_another_amount_is_another_result(network: Path) -> None:
    text = (network / "n.csv").read_text("utf-8")
    head, first, rest = text.split("\n", 2)
    fields = first.split(",")
    fields[3] = f"1{fields[3]}"
    (network / "other.csv").write_text("\n".join([head, ",".join(fields), rest]), "utf-8")
    assert cleared(network, "other.csv")[0] != cleared(network, "n.csv")[0]
