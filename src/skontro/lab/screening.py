# SPDX-License-Identifier: Apache-2.0
"""How good the matcher is: labelled pairs, names treated in twelve ways, firms that look alike.

Run it as ``python -m skontro.lab.screening`` (``make screening``). Real lists and labelled pairs
are used where a folder with them is given; the invented list is always there.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from skontro.gate.entries import ListedName, ListEntry, Subject
from skontro.gate.lists import read_list
from skontro.gate.matching import Matcher, compare, version_of
from skontro.gate.weights import Weights, built_in_weights
from skontro.lab.invented_list import firm_name, invented_list, lookalike_firms
from skontro.lab.treatments import TREATMENTS

Lists = Mapping[int, Sequence[ListEntry]]
Counted = tuple[int, int]
"""How many were found, and of how many."""

KINDS = {
    "Person": "person", "Company": "organisation", "Organization": "organisation",
    "Vessel": "vessel", "Airplane": "aircraft",
}  # fmt: skip
NAME_KEYS = ("firstName", "middleName", "secondName", "fatherName", "lastName")


@dataclass(frozen=True)
class Pair:
    """Two parties, and whether they are one, as somebody judged.

    Attributes:
        same: They are one.
        subject: The one that is looked for.
        entry: The other, as if it stood on a list.
        label: In what way they differ, if the file says it.
    """

    same: bool
    subject: Subject
    entry: ListEntry
    label: str = ""


def read_pairs(text: str) -> list[Pair]:
    """Read labelled pairs: the part of YAML that such files use, and no more.

    Example:
        >>> pairs = read_pairs('''checks:
        ...   - match: true
        ...     schema: Person
        ...     query:
        ...       name: Ada
        ...     candidate:
        ...       firstName: Ada
        ...       lastName: "Lovel"
        ... ''')
        >>> pairs[0].same, pairs[0].entry.names[0].text
        (True, 'Ada Lovel')
    """
    rows = list[dict[str, Any]]()
    side: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        said = line.strip()
        if not said or said.startswith("#") or line.startswith("checks"):
            continue
        if line.startswith("  - "):
            rows.append({})
            line, said = "    " + line[4:], said[2:]
        indent = len(line) - len(line.lstrip())
        name, _, value = said.partition(":")
        if indent == 4 and not value.strip():
            side = rows[-1].setdefault(name, {})
        elif indent == 4:
            rows[-1][name] = value.strip()
        elif indent == 6:
            key = name
            side[key] = value.strip()
        else:
            side[key] += " " + said
    return [_pair(row) for row in rows]


def read_pairs_file(path: Path) -> list[Pair]:
    """Read labelled pairs from a file: comma-separated rows of our own, or YAML."""
    text = path.read_text("utf-8")
    return read_rows(text) if path.suffix == ".csv" else read_pairs(text)


def read_rows(text: str) -> list[Pair]:
    """Read labelled pairs in rows: what they are about, whether they are one, and both sides.

    Example:
        >>> pair, = read_rows("about,same,kind,ours,theirs,our_date,their_date,our_country,"
        ...                   "their_country\\nDates,no,person,Ada,Ada,1961,1994,EG,")
        >>> pair.same, pair.subject.dates, pair.entry.dates, pair.entry.countries, pair.label
        (False, ('1961',), ('1994',), (), 'Dates')
    """
    found = []
    for row in csv.DictReader(text.splitlines()):
        dates, countries = (
            [(row[f"{side}_{what}"],) if row[f"{side}_{what}"] else () for side in ("our", "their")]
            for what in ("date", "country")
        )
        subject = Subject(row["kind"], (row["ours"],), dates=dates[0], countries=countries[0])
        entry = ListEntry("pair", row["kind"], (ListedName(row["theirs"]),), dates=dates[1],
                          countries=countries[1])  # fmt: skip
        found.append(Pair(row["same"] == "yes", subject, entry, row["about"]))
    return found


def _pair(row: Mapping[str, Any]) -> Pair:
    kind = KINDS.get(row["schema"], "unknown")
    ours, theirs = _party(row["query"]), _party(row["candidate"])
    subject = Subject(kind, (ours[0],), dates=ours[1], countries=ours[2])
    entry = ListEntry(
        "pair", kind, (ListedName(theirs[0]),), dates=theirs[1], countries=theirs[2]
    )
    return Pair(row["match"] == "true", subject, entry, row.get("label", ""))


def _party(row: Mapping[str, str]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    plain = {key: _unquoted(value) for key, value in row.items()}
    name = plain.get("name") or " ".join(plain[key] for key in NAME_KEYS if key in plain)
    dates = [plain[k] for k in ("birthDate", "incorporationDate") if k in plain]
    countries = [plain[k].upper() for k in ("country", "nationality", "jurisdiction") if k in plain]
    return name, tuple(dates), tuple(sorted(set(countries)))


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('\\"', '"')
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text


@dataclass(frozen=True)
class Rates:
    """What a threshold makes of labelled pairs.

    Attributes:
        threshold: From this score on two are taken for one.
        right: Pairs that are one and are taken for one.
        wrong: Pairs that are not one and are taken for one.
        missed: Pairs that are one and are not taken for one.
    """

    threshold: int
    right: int
    wrong: int
    missed: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)

    @property
    def precision(self) -> float:
        """Of what is taken for one, the share that is."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Of what is one, the share that is taken for it."""
        return self.right / max(1, self.right + self.missed)


def rates_at(scored: Iterable[tuple[int, bool]], threshold: int) -> Rates:
    """Count what a threshold makes of scores.

    Example:
        >>> rates_at([(900, True), (800, False), (600, True)], 700).recall
        0.5
    """
    right = wrong = missed = 0
    for score, same in scored:
        right += same and score >= threshold
        wrong += not same and score >= threshold
        missed += same and score < threshold
    return Rates(threshold, right, wrong, missed)


def best_rates(scored: Sequence[tuple[int, bool]]) -> Rates:
    """Return the rates at the one threshold whose F1 is the best."""
    thresholds = sorted({score for score, _ in scored})
    return max((rates_at(scored, t) for t in thresholds), key=lambda rates: rates.f1)


def score_pairs(pairs: Sequence[Pair], weights: Weights | None = None) -> list[tuple[int, bool]]:
    """Score labelled pairs."""
    return [(compare(pair.subject, pair.entry, weights).score, pair.same) for pair in pairs]


def halves(scored: Sequence[tuple[int, bool]], times: int = 200, seed: int = 11) -> list[float]:
    """Choose the threshold on a random half, and measure F1 on the other, again and again."""
    random, found = Random(seed), list[float]()
    for _ in range(times):
        order = sorted(range(len(scored)), key=lambda _: random.random())
        middle = len(order) // 2
        chosen = best_rates([scored[i] for i in order[:middle]]).threshold
        found.append(rates_at([scored[i] for i in order[middle:]], chosen).f1)
    return sorted(found)


def folds(scored: Sequence[tuple[int, bool]], count: int = 10, seed: int = 11) -> Rates:
    """Choose the threshold on all folds but one, take that one by it, and add all of them up.

    Args:
        scored: Scores, and which are one.
        count: How many folds.
        seed: Of the order that the pairs are dealt out in.
    """
    random = Random(seed)
    order = sorted(range(len(scored)), key=lambda _: random.random())
    right = wrong = missed = 0
    for fold in range(count):
        chosen = best_rates([scored[i] for at, i in enumerate(order) if at % count != fold])
        rates = rates_at([scored[i] for i in order[fold::count]], chosen.threshold)
        right, wrong, missed = right + rates.right, wrong + rates.wrong, missed + rates.missed
    return Rates(0, right, wrong, missed)


def features(pairs: Sequence[Pair]) -> dict[str, tuple[int, int, int, int]]:
    """Return by what counted: how often and how many points, in pairs that are one and others."""
    found = dict[str, list[int]]()
    for pair in pairs:
        for point in compare(pair.subject, pair.entry).points:
            row = found.setdefault(point.what, [0, 0, 0, 0])
            at = 0 if pair.same else 2
            row[at] += 1
            row[at + 1] += point.points
    return {what: (r[0], r[1], r[2], r[3]) for what, r in sorted(found.items())}


def treated(
    matcher: Matcher, lists: Lists, *, each: int = 1, seed: int = 7
) -> dict[str, Counted]:
    """Screen listed names, treated in each way; what a treatment leaves as it is is left out.

    Args:
        matcher: It holds the lists.
        lists: The lists.
        each: Every how many names are taken.
        seed: Of the random numbers.

    Returns:
        By treatment, how many found the entry they come from; ``exact`` are the lists' own names,
        ``alias`` their aliases.
    """
    names = [
        (number, position, entry.kind, name)
        for number, entries in sorted(lists.items())
        for position, entry in enumerate(entries, 1)
        for name in entry.names
    ][::each]
    found = dict[str, Counted]()
    for what, quality in (("exact", ("primary",)), ("alias", ("alias", "weak"))):
        chosen = [n for n in names if n[3].quality in quality]
        found[what] = _found(matcher, ((n, k, kind, name.text) for n, k, kind, name in chosen))
    for what, treatment in TREATMENTS.items():
        random = Random(seed)
        rows = list[tuple[int, int, str, str]]()
        for number, position, kind, name in names:
            text = treatment(name.text, kind, random)
            if text != name.text:
                rows.append((number, position, kind, text))
        found[what] = _found(matcher, rows)
    return found


def _found(matcher: Matcher, rows: Iterable[tuple[int, int, str, str]]) -> Counted:
    found = of = 0
    for number, position, kind, text in rows:
        matches = matcher.screen(Subject(kind, (text,))).matches
        found += any(m.list_id == number and m.position == position for m in matches)
        of += 1
    return found, of


def overall(table: Mapping[str, Counted]) -> Counted:
    """Add up all treatments; exact names and aliases are none."""
    rows = [counted for what, counted in table.items() if what in TREATMENTS]
    return sum(found for found, _ in rows), sum(of for _, of in rows)


def alerted(matcher: Matcher, firms: Sequence[Subject]) -> Counted:
    """Count the firms with an alert."""
    return sum(bool(found.matches) for found in matcher.screen_many(firms)), len(firms)


def clean_firms(count: int, seed: int = 21) -> list[Subject]:
    """Return invented firms that share nothing with a list but the way firms are named."""
    random = Random(seed)
    return [Subject("organisation", (firm_name(random),)) for _ in range(count)]


def invented_run(size: int = 5000, each: int = 1) -> dict[str, Counted]:
    """Measure on the invented list: each treatment, overall, and firms that look alike.

    Example:
        >>> invented_run(40)["exact"]
        (40, 40)
    """
    lists = {1: invented_list(size)}
    matcher = Matcher(lists)
    found = treated(matcher, lists, each=each)
    found["overall"] = overall(found)
    found["look-alike firms"] = alerted(matcher, lookalike_firms(lists[1], max(200, 2000 // each)))
    return found


def real_lists(folder: Path) -> dict[int, list[ListEntry]]:
    """Read OFAC's and the United Nations' lists out of a folder."""
    dated = datetime(2026, 2, 1, tzinfo=UTC)
    sdn = read_list(folder / "sdn.csv", dated=dated)
    return {1: list(sdn.entries), 2: list(read_list(folder / "UN_consolidated.xml").entries)}


def real_run(folder: Path, each: int = 20) -> dict[str, Counted]:
    """Measure on OFAC's and the United Nations' lists together."""
    lists = real_lists(folder)
    matcher = Matcher(lists)
    found = treated(matcher, lists, each=each)
    found["overall"] = overall(found)
    entries = [entry for number in sorted(lists) for entry in lists[number]]
    found["look-alike firms"] = alerted(matcher, lookalike_firms(entries))
    found["clean firms"] = alerted(matcher, clean_firms(5000))
    return found


def speed_run(folder: Path | None, say: Callable[[str], None]) -> None:
    """Time screening: many firms, a short list against many firms, one at a time."""
    lists: Lists = real_lists(folder) if folder else {1: invented_list()}
    what = "OFAC and UN" if folder else "the invented list"
    firms = clean_firms(100_000)
    start = time.perf_counter()
    matcher = Matcher(lists)
    matcher.screen_many(firms, processes=2)
    say(f"100,000 firms against {what}, index included: {time.perf_counter() - start:.1f} s")
    taken = list[float]()
    for firm in firms[:5000]:
        start = time.perf_counter()
        matcher.screen(firm)
        taken.append(time.perf_counter() - start)
    taken.sort()
    say(f"one screening, warm: median {taken[2500] * 1e3:.2f} ms, "
        f"99th percentile {taken[4950] * 1e3:.2f} ms")  # fmt: skip
    million = firms + clean_firms(900_000, seed=22)
    update = {1: invented_list(500, seed=77)}
    start = time.perf_counter()
    Matcher(update).screen_many(million, processes=2)
    say(f"500 entries against 1,000,000 firms: {time.perf_counter() - start:.1f} s")


def _table(title: str, table: Mapping[str, Counted], say: Callable[[str], None]) -> None:
    say(title)
    for what, (found, of) in table.items():
        say(f"  {what:18} {found:7,} of {of:7,}  {100 * found / max(1, of):6.2f} %")


def main(arguments: Sequence[str], say: Callable[[str], None]) -> None:
    """Measure and say what came out.

    Args:
        arguments: A folder with real lists and labelled pairs; ``--pairs FILE``, another file of
            labelled pairs; ``--freeze FILE``, where the figures of the invented list are kept;
            ``--speed``, to take times as well.
        say: Takes each line.
    """
    waiting = list(arguments)
    options: dict[str, str] = {}
    for option in ("--pairs", "--freeze"):
        if option in waiting:
            at = waiting.index(option)
            options[option] = waiting[at + 1]
            del waiting[at : at + 2]
    speed = "--speed" in waiting
    folders = [Path(one) for one in waiting if one != "--speed"]
    folder = folders[0] if folders else None
    weights = built_in_weights()
    say(version_of(weights))
    pairs_file = Path(options["--pairs"]) if "--pairs" in options else None
    if pairs_file is None and folder is not None:
        pairs_file = folder / "checks.yml"
    if pairs_file is not None:
        _pairs_report(read_pairs_file(pairs_file), weights, say)
    if "--freeze" in options or (folder is None and pairs_file is None):
        whole = invented_run()
        _table("the invented list of 5,000", whole, say)
    if "--freeze" in options:
        frozen = {"version": version_of(weights), "whole": whole, "sample": invented_run(each=8)}
        Path(options["--freeze"]).write_text(json.dumps(frozen, indent=1) + "\n", "utf-8")
    if folder is not None:
        _table("OFAC and UN, every twentieth name", real_run(folder), say)
    if speed:
        speed_run(folder, say)


def _pairs_report(pairs: Sequence[Pair], weights: Weights, say: Callable[[str], None]) -> None:
    scored = score_pairs(pairs)
    best, working = best_rates(scored), rates_at(scored, weights.threshold)
    say(f"{len(pairs)} labelled pairs, {sum(pair.same for pair in pairs)} of them one party")
    for name, rates in (("best threshold", best), ("working threshold", working)):
        say(f"  {name} {rates.threshold}: F1 {rates.f1:.3f}, precision {rates.precision:.3f}, "
            f"recall {rates.recall:.3f}")  # fmt: skip
    tries = halves(scored)
    say(f"  threshold chosen on a random half, F1 on the other: median {tries[100]:.3f}, "
        f"5th percentile {tries[10]:.3f}")  # fmt: skip
    told = [folds(scored, seed=seed).f1 for seed in range(20)]
    say(f"  threshold chosen on nine of ten parts, F1 on the tenth, all added up, 20 times: mean "
        f"{sum(told) / len(told):.3f}, lowest {min(told):.3f}")  # fmt: skip
    say("  what counted: times and points, in pairs that are one / are not")
    for what, (times, points, others, other_points) in features(pairs).items():
        say(f"    {what:38} {times:4} {points:7,}   {others:4} {other_points:7,}")
    for threshold in range(600, 951, 50):
        rates = rates_at(scored, threshold)
        say(f"    at {threshold}: F1 {rates.f1:.3f} P {rates.precision:.3f} R {rates.recall:.3f}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:], _say)
