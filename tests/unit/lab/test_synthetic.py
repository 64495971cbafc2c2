# SPDX-License-Identifier: Apache-2.0
"""Synthetic networks: the same rows everywhere, and the figures they are made for."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest

from skontro.cli import main
from skontro.core.errors import InvalidOptions, UnknownFormat
from skontro.lab.figures import network_figures
from skontro.lab.synthetic import BANDS, PRESETS, generate, network_arrays
from skontro.lab.walks import CHUNK_ROWS

# Made once on one machine; every other must make the same.
ROWS_OF_SEED_7 = {
    "nation": "9d73b82aa4e16787705273ce6f744c8423dc79d4bbc5bd2526fe853f0bc38067",
    "community": "8e102d1e43d29ad221625a97d073c8e93f70375701ddbc3cdd357e27a9af72d4",
}


def rows_digest(preset: str) -> str:
    digest = hashlib.sha256()
    for array in network_arrays(preset, 2_000, CHUNK_ROWS + 5_000, 7):
        digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("preset", PRESETS)
def test_seed_gives_the_same_rows_on_any_machine(preset: str) -> None:
    assert rows_digest(preset) == ROWS_OF_SEED_7[preset]


@pytest.mark.parametrize("preset", PRESETS)
def test_seeds_give_different_rows(preset: str) -> None:
    one, other = (network_arrays(preset, 100, 1_000, seed)[2] for seed in (1, 2))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    ("firms", "obligations"), [(10, 1), (10, 2), (10, 500), (11, 3), (97, 40), (1_000, 20_000)]
)
def test_any_size_from_ten_firms_gives_sound_rows(
    preset: str, firms: int, obligations: int
) -> None:
    debtor, creditor, amount_minor = network_arrays(preset, firms, obligations, 3)
    assert debtor.shape == creditor.shape == amount_minor.shape == (obligations,)
    assert debtor.dtype == creditor.dtype == np.int32
    assert amount_minor.dtype == np.int64
    assert (debtor != creditor).all()
    for firm in (debtor, creditor):
        assert firm.min() >= 0
        assert firm.max() < firms
    assert amount_minor.min() > 0
    assert amount_minor.max() < 2**45


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(("firms", "obligations"), [(3_000, 12_000), (5_000, 60_000)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_figures_lie_in_the_bands(preset: str, firms: int, obligations: int, seed: int) -> None:
    figures = network_figures(*network_arrays(preset, firms, obligations, seed), firms)
    for name, (least, most) in BANDS[preset].items():
        assert least <= float(str(figures[name])) <= most, (name, figures[name])
    assert 1.8 <= float(str(figures["amount_exponent"])) <= 2.5
    assert int(str(figures["pairs"])) >= 0.94 * obligations


@pytest.mark.parametrize("preset", PRESETS)
def test_the_network_of_the_command_without_sizes_lies_in_the_bands(
    preset: str, empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", preset, "n.parquet", "--describe", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["described"]
    for name, (least, most) in BANDS[preset].items():
        assert least <= float(figures[name]) <= most, (name, figures[name])
    assert 1.9 <= float(figures["amount_exponent"]) <= 2.3


def test_large_network_has_the_tails_it_is_made_for() -> None:
    debtor, creditor, amount_minor = network_arrays("nation", 60_000, 900_000, 5)
    figures = network_figures(debtor, creditor, amount_minor, 60_000, solve=False)
    assert 2.0 <= float(str(figures["amount_exponent"])) <= 2.2
    assert 2.2 <= float(str(figures["out_degree_exponent"])) <= 2.8
    assert 2.2 <= float(str(figures["in_degree_exponent"])) <= 2.8
    assert int(str(figures["pairs"])) >= 0.97 * 900_000
    assert int(str(figures["firms"])) >= 0.98 * 60_000


def test_parquet_holds_the_same_rows_as_the_arrays(tmp_path: Path) -> None:
    told = []
    path = tmp_path / "nation.parquet"
    written = generate(
        "nation", 500, CHUNK_ROWS + 10, 7, path,
        progress=lambda stage, done, total: told.append((stage, done, total)),
    )  # fmt: skip
    assert written == [path]
    assert told == [
        ("generating", CHUNK_ROWS, CHUNK_ROWS + 10),
        ("generating", CHUNK_ROWS + 10, CHUNK_ROWS + 10),
    ]
    table = pyarrow.parquet.read_table(path)
    debtor, creditor, amount_minor = network_arrays("nation", 500, CHUNK_ROWS + 10, 7)
    assert table["amount_minor"].to_numpy().tolist() == amount_minor.tolist()
    for name, firm in (("debtor", debtor), ("creditor", creditor)):
        ids = table[name].to_pylist()
        assert ids[:3] == [f"F{k + 1:07d}" for k in firm[:3].tolist()]
        assert ids[-1] == f"F{int(firm[-1]) + 1:07d}"
    assert table["id"][0].as_py() == "o00000001"
    assert table["id"][-1].as_py() == f"o{CHUNK_ROWS + 10:08d}"
    assert len(set(table["id"].to_pylist())) == table.num_rows
    assert set(table["currency"].to_pylist()) == {"EUR"}
    due = table["due_date"]
    assert str(pc.min(due)) == "2026-01-01"
    assert str(pc.max(due)) == "2026-01-31"
    assert [entry.name for entry in tmp_path.iterdir()] == ["nation.parquet"]


def test_csv_amounts_are_exact_decimal_text(tmp_path: Path) -> None:
    path = tmp_path / "circle.csv"
    generate("community", 50, 300, 7, path)
    lines = path.read_text("utf-8").splitlines()
    assert lines[0] == "id,debtor,creditor,amount,currency,due_date"
    amounts = [line.split(",")[3] for line in lines[1:]]
    assert all(len(amount.split(".")[1]) == 2 for amount in amounts)
    minor = [int(amount.replace(".", "")) for amount in amounts]
    assert minor == network_arrays("community", 50, 300, 7)[2].tolist()


def test_sides_and_currencies_come_with_participants_and_a_fixing(tmp_path: Path) -> None:
    written = generate(
        "nation", 60, 2_000, 7, tmp_path / "two.csv", currencies=("EUR", "JPY", "BHD"), sides=2
    )
    assert [path.name for path in written] == ["two.csv", "two-participants.csv", "two-fixing.csv"]
    obligations, participants, fixing = (
        pyarrow.csv.read_csv(
            path,
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={"amount": pa.string(), "rate": pa.string()}
            ),
        ).to_pylist()
        for path in written
    )
    assert {row["side"] for row in participants} == {"A", "B"}
    assert len(participants) == 60
    home = {row["id"]: row["home_currency"] for row in participants}
    assert set(home.values()) == {"EUR", "JPY", "BHD"}
    decimals = {"EUR": 2, "JPY": 0, "BHD": 3}
    for row in obligations:
        assert row["currency"] == home[row["creditor"]]
        assert len((row["amount"] + ".").split(".")[1]) == decimals[row["currency"]]
    assert fixing == [
        {"currency": "EUR", "unit_of_account": "EUR", "rate": "1"},
        {"currency": "JPY", "unit_of_account": "EUR", "rate": "1/160"},
        {"currency": "BHD", "unit_of_account": "EUR", "rate": "1/2"},
    ]


def test_each_side_keeps_to_its_currencies(tmp_path: Path) -> None:
    generate("nation", 200, 500, 7, tmp_path / "n.parquet", currencies=("EUR", "INR"), sides=2)
    firms = pyarrow.parquet.read_table(tmp_path / "n-participants.parquet").to_pylist()
    assert {(row["side"], row["home_currency"]) for row in firms} == {("A", "EUR"), ("B", "INR")}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"preset": "planet"}, InvalidOptions),
        ({"firms": 9}, InvalidOptions),
        ({"obligations": 0}, InvalidOptions),
        ({"sides": 0}, InvalidOptions),
        ({"sides": 27}, InvalidOptions),
        ({"currencies": ()}, InvalidOptions),
        ({"path": "network.xlsx"}, UnknownFormat),
    ],
)
def test_what_cannot_be_made_is_refused_and_nothing_is_written(
    tmp_path: Path, arguments: dict[str, object], error: type[Exception]
) -> None:
    wanted = {"preset": "nation", "firms": 50, "obligations": 5, "seed": 1, "path": "n.csv"}
    wanted |= arguments
    wanted["path"] = tmp_path / str(wanted["path"])
    with pytest.raises(error):
        generate(**wanted)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_threads_make_no_difference() -> None:
    """The rows are made in another process with another number of threads, and compared."""
    program = (
        "import numba; numba.set_num_threads(1)\n"
        "from skontro.lab.synthetic import network_arrays as n\n"
        "rows = n('nation', 90, 700, 4)\n"
        "print(sum(int(array.astype('int64').sum()) * k for k, array in enumerate(rows, 1)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    here = network_arrays("nation", 90, 700, 4)
    assert int(answer.stdout) == sum(
        int(array.astype(np.int64).sum()) * k for k, array in enumerate(here, 1)
    )
