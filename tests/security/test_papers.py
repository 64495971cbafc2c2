# SPDX-License-Identifier: Apache-2.0
"""Papers and runs of a house: whatever is altered, replayed or dressed up as more is found."""

from __future__ import annotations

import datetime
import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import DATES, PASSPHRASE, RATES, MadeHouse, lawful, worked_house
from tests.scenarios.test_statements import settle_all
from tests.security.bases import BASES, clear_base, save
from tests.security.forger import another, read_json, seal, write_json

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.core.standing import Standing
from skontro.flow.obligations import Registration
from skontro.messages.package import package_participant, package_public
from skontro.messages.papers import Paper, sign_paper
from skontro.ops.keys import SigningKey
from skontro.verify import verify_folder, verify_package, verify_paper

NEXT = replace(
    DATES, id="2026-02", business_day=datetime.date(2026, 2, 27),
    cut_off_at=datetime.datetime(2026, 2, 27, 15, tzinfo=datetime.UTC),
    window_ends_at=datetime.datetime(2026, 3, 3, 15, tzinfo=datetime.UTC),
    pay_in_deadline=datetime.datetime(2026, 3, 5, 11, tzinfo=datetime.UTC),
)  # fmt: skip


@dataclass
class TwoCycles:
    """A house after two final runs, with its packages and the papers of A1."""

    made: MadeHouse
    place: Path
    key: str

    def package(self, cycle: str, number: int = 1) -> Path:
        return self.place / cycle / f"participants/{number}"

    def beside(self, cycle: str = DATES.id) -> dict[str, Path]:
        """The packages and the statement that go with A1's notice."""
        return {
            "package": self.package(cycle), "public": self.place / cycle / "public",
            "statement": self.place / cycle / "publication.json",
        }  # fmt: skip


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoCycles]:
    """January of the worked example settled; February with a triangle, to its final run."""
    place = tmp_path_factory.mktemp("two")
    made = worked_house(place / "house")
    made.run_to_final()
    house = made.house
    house.statements.unlock(PASSPHRASE)
    house.statements.save_packages(DATES.id, place / DATES.id)
    house.statements.save_house_package(DATES.id, place / DATES.id / "house")
    settle_all(made)
    for name, debtor, creditor in (("t1", "A1", "B1"), ("t2", "B1", "A2"), ("t3", "A2", "A1")):
        said = Registration(
            sender=creditor, reference=name, debtor=debtor, creditor=creditor,
            amount_minor=7_000_00, currency="EUR", due_date="2026-02-20",
            document=f"invoice {name}",
            trade=lawful(debtor[0], creditor[0], name),
        )  # fmt: skip
        number, _ = house.obligations.register(said)
        house.obligations.confirm(number, debtor)
    house.cycles.open(NEXT)
    made.both(house.cycles.propose_fixing(NEXT.id, RATES, "a test", "P1", made.keys["P1"]))
    made.until(NEXT.cut_off_at)
    house.cycles.cut_off(NEXT.id)
    house.cycles.preliminary(NEXT.id)
    made.until(NEXT.window_ends_at)
    house.cycles.irrevocable(NEXT.id)
    made.both(house.cycles.propose_final(NEXT.id, "P1", made.keys["P1"]))
    house.statements.save_packages(NEXT.id, place / NEXT.id)
    yield TwoCycles(made, place, house.statements.key_in_use()["public_key"])
    house.close()


def house_key(two: TwoCycles) -> SigningKey:
    return SigningKey.load(two.made.house.folder / "keys/house.pem", PASSPHRASE)


# ---- papers ------------------------------------------------------------------------------------


def test_any_byte_of_a_paper_counts(two: TwoCycles, tmp_path: Path, soak: bool) -> None:
    """Any byte changed, taken away or put in: also of a paper checked without a key."""
    statements = two.made.house.statements
    path = tmp_path / "paper.json"
    for paper in (
        statements.set_off_notice(DATES.id, "A1"), statements.publication(DATES.id),
        statements.account_statement(DATES.id, "A1"), statements.house_report(DATES.id),
        statements.keys(),
    ):  # fmt: skip
        honest = paper.as_bytes()
        path.write_bytes(honest)
        assert verify_paper(path).ok
        rng = random.Random(paper.kind)
        for _ in range(2000 if soak else 60):
            data = bytearray(honest)
            at = rng.randrange(len(data))
            how = rng.randrange(3)
            if how == 0:
                data[at] ^= 1 << rng.randrange(7)
            elif how == 1:
                del data[at]
            else:
                data.insert(at, rng.choice(b' 0a"'))
            path.write_bytes(bytes(data))
            verdict = verify_paper(path)
            assert not verdict.ok, (paper.kind, at, how)
            assert "effect: set-off" not in verdict.effect


def test_another_key_is_found_once_the_houses_is_known(two: TwoCycles, tmp_path: Path) -> None:
    honest = two.made.house.statements.set_off_notice(DATES.id, "A1")
    forged = sign_paper(honest.kind, honest.content, honest.names, SigningKey.new())
    path = tmp_path / "paper.json"
    forged.save(path)
    assert "paper.key" in {
        claim.name for claim in verify_paper(path, house_keys=[two.key]).failed
    }
    unknown = verify_paper(path)
    assert forged.key_id in " ".join(unknown.cannot)
    assert "not compared with the house's" in unknown.effect
    mixed = Paper(honest.kind, honest.content, honest.names,
                  honest.signatures | {"names": forged.signatures["names"]})  # fmt: skip
    mixed.save(path)
    assert not verify_paper(path).ok


def test_a_notice_of_another_cycle_is_found(two: TwoCycles, tmp_path: Path) -> None:
    """January's notice shown in February, and the other way round."""
    statements = two.made.house.statements
    path = tmp_path / "notice.json"
    for shown, wanted in ((DATES.id, NEXT.id), (NEXT.id, DATES.id)):
        statements.set_off_notice(shown, "A1", stage="final").save(path)
        assert verify_paper(path, house_keys=[two.key], **two.beside(shown)).ok
        for name, place in two.beside(wanted).items():
            verdict = verify_paper(path, house_keys=[two.key], **{name: place})
            assert not verdict.ok, name
            assert "effect: set-off" not in verdict.effect


TOLD_BY_NOBODY_ELSE = {
    "own_reference", "their_reference", "document", "document_date", "house_name", "side",
    "accepts_conversion", "agreement", "version", "law", "in_force_from", "source", "dated",
    "home_currency", "why", "hash", "entry",
}  # fmt: skip
"""What nothing beside a notice repeats: the participant compares it with its own books."""


def _places(value: Any) -> list[tuple[Any, Any]]:
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    found = []
    for key, inner in pairs:
        found += _places(inner) if isinstance(inner, dict | list) and inner else [(value, key)]
    return found


def test_a_house_that_lies_in_a_notice_is_found(
    two: TwoCycles, tmp_path: Path, soak: bool
) -> None:
    """The house itself signs a notice with one figure changed: the packages give it away."""
    honest = two.made.house.statements.set_off_notice(DATES.id, "A1", stage="final")
    signer, path = house_key(two), tmp_path / "notice.json"
    rng = random.Random("lies")
    places = [
        at for at, (_, key) in enumerate(_places(honest.content))
        if key not in TOLD_BY_NOBODY_ELSE
    ]  # fmt: skip
    chosen = places if soak else rng.sample(places, 60)
    for at in chosen:
        content = json.loads(json.dumps(honest.content))
        holder, key = _places(content)[at]
        before = holder[key]
        holder[key] = another(rng, before)
        sign_paper(honest.kind, content, honest.names, signer).save(path)
        verdict = verify_paper(path, house_keys=[two.key], **two.beside())
        assert not verdict.ok, (key, before, holder[key])


# ---- publication -------------------------------------------------------------------------------


def test_only_the_statement_makes_a_run_a_set_off(two: TwoCycles, tmp_path: Path) -> None:
    """The same folder with and without; the statement lies in it or is given."""
    archive = two.made.house.folder / "archive" / DATES.id / "final"
    alone = verify_folder(archive)
    assert alone.ok, alone.text()
    assert alone.effect.startswith("DEMONSTRATION: effect: run, not published")
    assert alone.as_dict()["effect"] == "run"
    assert alone.as_dict()["screened"] is False
    statement = two.place / DATES.id / "publication.json"
    both = verify_folder(archive, statement=statement, house_keys=[two.key])
    assert both.ok, both.text()
    assert both.effect == (
        "DEMONSTRATION: effect: set-off, screened: true, final run of cycle 2026-01 of house "
        f"alder-bakul, signed with key {both.standing.key}"
    )
    whole = verify_folder(two.place / DATES.id / "house", house_keys=[two.key])
    assert whole.effect == both.effect
    package = two.package(DATES.id)
    held = verify_package(package, two.place / DATES.id / "public", house_keys=[two.key])
    assert held.effect == both.effect
    bare = tmp_path / "bare"
    shutil.copytree(package, bare)
    (bare / "publication.json").unlink()
    assert "not published" in verify_package(bare).effect


def test_a_statement_publishes_no_other_run(two: TwoCycles) -> None:
    """The preliminary run, another cycle's, and another cycle's packages."""
    archive = two.made.house.folder / "archive"
    january = two.place / DATES.id / "publication.json"
    for folder in (f"{DATES.id}/preliminary", f"{NEXT.id}/final"):
        verdict = verify_folder(archive / folder, statement=january, house_keys=[two.key])
        assert {claim.name for claim in verdict.failed} == {"publication.run"}
        assert "effect: set-off" not in verdict.effect
    verdict = verify_package(two.package(NEXT.id), two.place / NEXT.id / "public",
                             statement=january)  # fmt: skip
    assert "publication.run" in {claim.name for claim in verdict.failed}


def _with_another_maker(content: dict[str, Any]) -> None:
    content["maker"], content["checker"] = content["checker"], content["maker"]


def _with_one_person(content: dict[str, Any]) -> None:
    content["checker"] = dict(content["maker"])


def _with_one_signature(content: dict[str, Any]) -> None:
    content["checker"]["signature"] = content["maker"]["signature"]


def _with_a_checker_who_did_not_sign(content: dict[str, Any]) -> None:
    content["checker"]["public_key"] = SigningKey.new().public_key


def _with_another_digest(content: dict[str, Any]) -> None:
    content["act"]["digest"] = "0" * 64


def _with_another_result(content: dict[str, Any]) -> None:
    content["act"]["content"]["result"] = content["digests"]["result"] = "0" * 64


def _with_another_number(content: dict[str, Any]) -> None:
    content["act"]["number"] += 1


def _of_a_preliminary_run(content: dict[str, Any]) -> None:
    content["run"]["kind"] = "preliminary"


def _of_a_live_house(content: dict[str, Any]) -> None:
    content["run"]["demonstration"] = content["demonstration"] = False


@pytest.mark.parametrize("lie", [
    _with_another_maker, _with_one_person, _with_one_signature, _with_another_digest,
    _with_a_checker_who_did_not_sign, _with_another_result, _with_another_number,
    _of_a_preliminary_run, _of_a_live_house,
])  # fmt: skip
def test_a_house_cannot_publish_what_two_people_did_not_sign(
    two: TwoCycles, tmp_path: Path, lie: Callable[[dict[str, Any]], None]
) -> None:
    honest = two.made.house.statements.publication(DATES.id)
    content = json.loads(json.dumps(honest.content))
    lie(content)
    path = tmp_path / "publication.json"
    sign_paper(honest.kind, content, {}, house_key(two)).save(path)
    archive = two.made.house.folder / "archive" / DATES.id / "final"
    verdict = verify_folder(archive, statement=path, house_keys=[two.key])
    assert not verdict.ok
    assert "effect: set-off" not in verdict.effect


def test_a_published_run_whose_claims_do_not_hold_is_no_set_off(
    two: TwoCycles, tmp_path: Path
) -> None:
    """The statement is right, the folder's figures were altered: nothing is established."""
    whole = tmp_path / "house"
    shutil.copytree(two.place / DATES.id / "house", whole)
    table = whole / "rejections.csv"
    table.write_text(table.read_text() + "1,id,x,EmptyId,made up\n")
    verdict = verify_folder(whole, house_keys=[two.key])
    assert "publication.run" in {claim.name for claim in verdict.claims if claim.ok}
    assert not verdict.ok
    assert verdict.effect.startswith("DEMONSTRATION: effect: none established")
    assert (verdict.as_dict()["effect"], verdict.as_dict()["screened"]) == ("run", False)


# ---- calculations stay calculations ------------------------------------------------------------


def test_a_calculation_never_says_anything_else(two: TwoCycles, tmp_path: Path) -> None:
    """With a house's statement beside it; with a run written over it, in each file and in all."""
    folder = save(clear_base(BASES[0], tmp_path / "given"), tmp_path / "result", "csv")
    statement = two.place / DATES.id / "publication.json"
    verdict = verify_folder(folder, statement=statement, house_keys=[two.key])
    assert not verdict.ok
    assert "a calculation is never published" in verdict.text()
    assert verdict.effect.startswith("effect: calculation")
    with pytest.raises(Forbidden, match="never published"):
        package_public(folder, tmp_path / "public", statement=statement)
    honest = read_json(folder / "summary.json")
    run = json.loads((two.place / DATES.id / "public/public.json").read_text())["run"]
    said = Standing.from_json(
        read_json(two.made.house.folder / "archive" / DATES.id / "final/summary.json")
    ).as_json()
    for lie in ({"effect": "run"}, {"screened": True}, {"effect": "set-off"}, {"run": run},
                {"notice": "set off"}):  # fmt: skip
        write_json(folder / "summary.json", honest | lie)
        seal(folder)
        assert "standing" in {claim.name for claim in verify_folder(folder).failed}, lie
    write_json(folder / "summary.json", honest | said)
    seal(folder)
    dressed = verify_folder(folder, statement=statement, house_keys=[two.key])
    assert "publication.run" in {claim.name for claim in dressed.failed}
    assert "effect: set-off" not in dressed.effect
    assert "not published" in verify_folder(folder).effect


# ---- packages ----------------------------------------------------------------------------------


def test_levels_leave_with_the_published_final_run_alone(two: TwoCycles, tmp_path: Path) -> None:
    """Neither a preliminary run nor an unpublished final one, nor with another's statement."""
    archive = two.made.house.folder / "archive" / DATES.id
    statement = two.place / DATES.id / "publication.json"
    for given in (None, statement):
        with pytest.raises(Forbidden, match="never leave the house"):
            package_public(archive / "preliminary", tmp_path / "out", statement=given)
    with pytest.raises(Forbidden, match="not published"):
        package_participant(archive / "final", "A1", tmp_path / "out")
    with pytest.raises(Forbidden, match="of another run"):
        package_participant(archive / "final", "A1", tmp_path / "out",
                            statement=two.place / NEXT.id / "publication.json")  # fmt: skip
    assert not (tmp_path / "out").exists()
    package = tmp_path / "early"
    shutil.copytree(two.package(DATES.id), package)
    content = read_json(package / "participant.json")
    content["run"]["kind"] = "preliminary"
    write_json(package / "participant.json", content)
    verdict = verify_package(package)
    assert "never leave" in verdict.text()
    assert not verdict.ok


def test_whatever_is_altered_in_a_package_of_a_run_is_found(
    two: TwoCycles, tmp_path: Path, soak: bool
) -> None:
    """Also what it says of itself: house, cycle, lists; the statement beside it gives it away."""
    rng = random.Random("package")
    for _ in range(300 if soak else 30):
        package = tmp_path / "package"
        shutil.copytree(two.package(DATES.id), package)
        name = rng.choice(("participant.json", "publication.json"))
        content = read_json(package / name)
        holder, key = rng.choice(_places(content))
        before = holder[key]
        holder[key] = another(rng, before)
        write_json(package / name, content)
        verdict = verify_package(package, two.place / DATES.id / "public", house_keys=[two.key])
        assert not verdict.ok, (name, key, before, holder[key])
        shutil.rmtree(package)


# ---- DEMONSTRATION -----------------------------------------------------------------------------


def test_every_file_of_a_demo_house_says_so(two: TwoCycles) -> None:
    """Archives, packages and statements, each by itself."""
    folder = two.made.house.folder / "archive" / DATES.id
    marked = [
        folder / "final/summary.json", folder / "final/report.html",
        folder / "preliminary/summary.json", two.place / DATES.id / "public/public.json",
        two.package(DATES.id) / "participant.json",
    ]  # fmt: skip
    for path in marked:
        assert "DEMONSTRATION" in path.read_text("utf-8"), path
    assert two.made.house.statements.publication(DATES.id).content["demonstration"] is True


# ---- keys --------------------------------------------------------------------------------------


def test_a_key_gives_way_to_another(tmp_path: Path) -> None:
    """Old papers stay checkable, new ones need the new key, and the old one leads to it."""
    made = worked_house(tmp_path / "house")
    made.run_to_final()
    statements = made.house.statements
    statements.unlock(PASSPHRASE)
    old_key = statements.key_in_use()["public_key"]
    old = statements.set_off_notice(DATES.id, "A1")
    new_key = statements.new_key("a second passphrase of the house")
    act = statements.propose_key(new_key, "P1", made.keys["P1"])
    beside = statements.propose_key(SigningKey.new().public_key, "P1", made.keys["P1"],
                                    reason="lost")  # fmt: skip
    made.both(act)
    with pytest.raises(Conflict, match="is in use by now"):
        made.both(beside)
    for key, reason in ((new_key[:-2], "lost"), (new_key, "because")):
        with pytest.raises(Rejected):
            statements.propose_key(key, "P1", made.keys["P1"], reason=reason)
    with pytest.raises(Forbidden, match="another key is in use"):
        statements.publication(DATES.id)
    statements.unlock("a second passphrase of the house")
    new = statements.set_off_notice(DATES.id, "A1")
    assert new.content == old.content
    assert new.key_id != old.key_id
    for paper, key in ((old, old_key), (new, new_key)):
        paper.save(tmp_path / "paper.json")
        assert verify_paper(tmp_path / "paper.json", house_keys=[key]).ok
        other = new_key if key == old_key else old_key
        assert not verify_paper(tmp_path / "paper.json", house_keys=[other]).ok
    keys = statements.keys()
    assert [one["until"] is None for one in keys.content["keys"]] == [False, True]
    keys.save(tmp_path / "keys.json")
    (tmp_path / "old.key").write_text(old_key + "\n")
    verdict = verify_paper(tmp_path / "keys.json", house_keys=[str(tmp_path / "old.key")])
    assert verdict.ok, verdict.text()
    assert "leads to key" in verdict.text()
    content = json.loads(json.dumps(keys.content))
    content["keys"][1]["endorsement"] = None
    signer = SigningKey.load(
        next((made.house.folder / "keys").glob("house-*.pem")), "a second passphrase of the house"
    )
    sign_paper("house keys", content, {}, signer).save(tmp_path / "keys.json")
    lost = verify_paper(tmp_path / "keys.json", house_keys=[old_key])
    assert "not endorsed" in lost.text()
    assert not lost.ok
    noted = [row["kind"] for row in made.house.journal.entries()]
    assert noted.count("house.key") == 1
    head = old.content["journal"]
    assert made.house.journal.verify({head["entry"]: head["hash"]}).ok
    assert not made.house.journal.verify({head["entry"]: "0" * 64}).ok
    made.house.close()


# ---- two cycles side by side -------------------------------------------------------------------


def test_account_periods_neither_overlap_nor_leave_gaps(two: TwoCycles) -> None:
    """February's statement begins where January's ended, with what stood there."""
    statements = two.made.house.statements
    for firm in ("A1", "A2", "B1"):
        before = statements.account_statement(DATES.id, firm).content
        after = statements.account_statement(NEXT.id, firm).content
        assert after["period"]["after_entry"] == before["period"]["to_entry"]
        assert after["period"]["closed"] is False
        closing = {(one["account"], one["currency"]): one["closing_minor"]
                   for one in before["accounts"]}  # fmt: skip
        for one in after["accounts"]:
            assert one["opening_minor"] == closing.get((one["account"], one["currency"]), "0")
            assert {move["cycle"] for move in one["movements"]} == {NEXT.id}


def test_a_report_compares_with_the_cycles_before(two: TwoCycles) -> None:
    """The triangle of February is all set off; January stands beside it with its figures."""
    content = two.made.house.statements.house_report(NEXT.id).content
    (block,) = content["blocks"]
    assert (block["gross_minor"], block["set_off_share"]) == ("2100000", "1.000000")
    assert block["fairness"]["without"] == 0
    (january,) = content["earlier"]
    assert january == {
        "cycle": DATES.id, "unit": "EUR", "obligations": 8, "participants": 6,
        "gross_minor": "42500000", "compensable_minor": "36000000", "set_off_minor": "32000000",
        "planned_minor": "10500000", "set_off_share": "0.752941",
    }  # fmt: skip
    first = two.made.house.statements.house_report(DATES.id).content
    assert first["earlier"] == []
    assert "Earlier cycles" in two.made.house.statements.house_report(NEXT.id).as_text()
