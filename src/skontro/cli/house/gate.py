# SPDX-License-Identifier: Apache-2.0
"""``skontro gate``: the lists that hold."""

from __future__ import annotations

from typing import Annotated

import typer

from skontro.cli.house import gate_cases, gate_customs, gate_flags, gate_licences, gate_lists
from skontro.cli.house.desk import (
    HERE,
    AsJson,
    Desk,
    Folder,
    Locked,
    Signed,
    Who,
    examples,
    group,
    many,
)

app = group("The gate: which lists hold, and what it says.")
app.add_typer(gate_cases.app, name="cases")
app.add_typer(gate_licences.app, name="licences")
app.add_typer(gate_customs.app, name="customs")
app.add_typer(gate_flags.app, name="flags")
app.add_typer(gate_lists.app, name="lists", invoke_without_command=True)
packs = group("The rule packs for goods, one or more a side.")
app.add_typer(packs, name="packs")


@packs.command(
    "adopt",
    epilog=examples(
        "skontro gate packs adopt A starter --as P1 --key keys/p1.pem",
        "skontro gate packs adopt B law-of-b.toml --as P1 --key keys/p1.pem",
    ),
)
def adopt_pack(
    side: Annotated[str, typer.Argument(metavar="SIDE", help="Whose law it is.")],
    pack: Annotated[
        str, typer.Argument(metavar="FILE", help="The pack; starter: the one of the package.")
    ],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to put a rule pack of a side into force; of one name the last counts."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.goods.propose_pack(side, pack, who, signer))


@packs.command("show", epilog=examples("skontro gate packs show"))
def show_packs(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show the packs in force: a side without one holds whatever it has a part in."""
    with Desk(folder, as_json) as desk:
        found = desk.house.goods.packs()

        def text() -> str:
            from skontro.cli.house.shown import table_text

            rows = [(one["side"], one["pack"], one["version"], one["digest"][:16])
                    for one in found]  # fmt: skip
            return table_text(("side", "pack", "version", "digest"), rows,
                              none="no pack: every obligation is held")  # fmt: skip

        desk.tell({"packs": found}, text)


@app.command("settings", epilog=examples("skontro gate settings"))
def settings(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show what the gate judges by: lists, packs, matcher, weights, threshold, Unicode, rules."""
    with Desk(folder, as_json) as desk:
        found = desk.house.gate.settings()

        def text() -> str:
            from skontro.cli.house.shown import at, figures, table_text

            rows = [(number, name, digest[:16], at(dated))
                    for number, name, digest, dated in found["content"]["lists"]]  # fmt: skip
            lists = table_text(("list", "name", "digest", "dated"), rows,
                               none="no list: everything is held")  # fmt: skip
            lines = {"setting": found["setting"], "in force since": at(found["made_at"]),
                     "judged by": "; ".join(found["words"]), "digest": found["digest"]}  # fmt: skip
            return f"{figures(lines)}\n\n{lists}"

        desk.tell({"settings": found}, text)


@app.command(
    "replay",
    epilog=examples(
        "skontro gate replay --cycle 2026-01 --as P1 --key keys/p1.pem",
        "skontro gate replay --verdict 17 --as P1 --key keys/p1.pem",
    ),
)
def replay(
    who: Who,
    key: Signed,
    cycle: Annotated[
        str, typer.Option(metavar="CYCLE", help="Those behind the members of a cycle.")
    ] = "",
    verdict: Annotated[int, typer.Option(metavar="N", help="This verdict alone.")] = 0,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Derive verdicts again from what is stored and compare them byte for byte.

    Exit 1 if one does not come out the same.
    """
    from dataclasses import asdict

    from skontro.flow.verdict_replay import replay_verdicts

    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.house.cases.check_reader(who, signer)
        found = replay_verdicts(desk.house, cycle=cycle, number=verdict)
        other = [one for one in found if not one.agrees]

        def text() -> str:
            from skontro.cli.house.shown import table_text

            words = f"{many(len(found), 'verdict', 'verdicts')} derived again, " + (
                f"{len(other):,} not the same" if other else "every one the same to the byte"
            )
            if not other:
                return words
            rows = [(one.id, one.subject_kind, one.outcome, one.replayed, one.why)
                    for one in other]  # fmt: skip
            heads = ("verdict", "of", "said", "says now", "differs")
            return f"{words}\n{table_text(heads, rows, right=('verdict',))}"

        desk.tell({"verdicts": len(found), "differ": [asdict(one) for one in other]}, text)
    if other:
        from skontro.cli.outcome import ExitCode

        raise typer.Exit(int(ExitCode.CLAIM_FAILED))


@app.command(
    "counterfactual",
    epilog=examples("skontro gate counterfactual 2026-01 --without B1 --as P1 --key keys/p1.pem"),
)
def counterfactual(
    cycle: Annotated[str, typer.Argument(metavar="CYCLE", help="A cycle that is final.")],
    without: Annotated[
        str, typer.Option(metavar="PARTICIPANT", help="The party that was kept out.")
    ],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the run with and without a party that was frozen, and who lost how much by it.

    That nothing of the party is in the published run is read from the archive itself.
    """
    from skontro.flow.counterfactual import counterfactual as compare

    with Desk(folder, as_json) as desk:
        found = compare(desk.house, cycle, without, who, desk.signer(key, passphrase_file))

        def text() -> str:
            from skontro.cli.house.desk import money
            from skontro.cli.house.shown import figures, table_text

            proof, unit = found["proof"], found["published"]["unit"]
            lines = {
                "kept out": f"{many(len(found['kept_out']), 'obligation', 'obligations')} of "
                f"{without}",
                "in the published run": f"{proof['in_run']} of its obligations, "
                f"{proof['pay_outs']} payments to it",
                "archive": f"manifest {proof['manifest'][:16]}, "
                + ("computed again: the same" if found["agrees"] else "NOT the same again"),
                "set off without it": money(int(found["published"]["set_off_minor"]), unit),
                "set off with it": money(int(found["with_it"]["set_off_minor"]), unit),
            }  # fmt: skip
            rows = [(one["participant"], money(one["lost_minor"], one["currency"]))
                    for one in found["lost"]]  # fmt: skip
            lost = table_text(("participant", "set-off lost"), rows, right=("set-off lost",),
                              none="nobody lost any set-off")  # fmt: skip
            return f"{figures(lines)}\n\n{lost}"

        desk.tell({"counterfactual": found}, text)
