# SPDX-License-Identifier: Apache-2.0
"""What each kind of act takes when it is drafted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from skontro.api.bodies import (
    Amount,
    Asked,
    Code,
    Day,
    Digest,
    Id,
    Line,
    Short,
    Time,
    amount_minor,
)

Text = Annotated[str, Field(max_length=1000)]
Count = Annotated[int, Field(ge=1, le=1 << 53)]


class AgreementGiven(Asked):
    """A set-off agreement."""

    id: Id = Field(examples=["SOA-1"])
    version: Id
    law: Id = Field(examples=["NL"])
    opinion: Id = Field(examples=["LO-1"])
    signatories: Line = Field(examples=["A. Alder, for Alder Pharma"])
    from_day: Day


class AccountGiven(Asked):
    """Where a firm is paid."""

    iban: Short = ""
    bban: Short = ""
    bic: Short = ""
    clearing_code: Short = ""


class OwnerGiven(Asked):
    """Somebody who owns a part of a firm."""

    name: Line
    share: Short = ""
    kind: Literal["person", "organisation", "unknown"] = "unknown"
    participant: Short = ""


class FirmGiven(Asked):
    """A firm that asks to be admitted."""

    id: Id = Field(examples=["A1"])
    name: Line
    side: Id
    home_currency: Code
    agreement: AgreementGiven
    accounts: dict[str, AccountGiven] = Field(default_factory=dict, max_length=20)
    owners: list[OwnerGiven] = Field(default_factory=list, max_length=100)
    accepts_conversion: bool = True
    lei: Short = ""
    tax_number: Short = ""
    address: Text = ""
    founded: Short = ""
    registration_number: Short = ""


class AdmitFirms(Asked):
    """Admit firms."""

    kind: Literal["participant.admit"]
    firms: list[FirmGiven] = Field(min_length=1, max_length=200)


class ChangeFirm(Asked):
    """Change what the house knows of a firm."""

    kind: Literal["participant.change"]
    participant: Id
    records: dict[str, str | list[str]] = Field(default_factory=dict, max_length=10)
    agreement: AgreementGiven | None = None
    accepts_conversion: bool | None = None
    home_currency: Code | None = None


class FirmState(Asked):
    """Suspend a firm, end that, or let it leave."""

    kind: Literal["participant.suspend", "participant.leave"]
    participant: Id
    reason: Line
    ends: bool = False


class Default(Asked):
    """Declare a default or an insolvency."""

    kind: Literal["participant.default"]
    participant: Id
    reason: Literal["default", "insolvency"]
    opened_at: Time
    known_at: Time | None = None


class Estate(Asked):
    """Let the estate of a firm in default be paid."""

    kind: Literal["participant.estate"]
    participant: Id


class Agency(Asked):
    """Let an agent file for a firm, or end it."""

    kind: Literal["agency.change"]
    agent: Id
    participant: Id
    ends: bool = False


class BankDetails(Asked):
    """Change where a firm is paid; takes the note of a call back."""

    kind: Literal["bank_details.change"]
    participant: Id
    currency: Code
    account: AccountGiven
    call_back: Line = Field(examples=["called back on the number of the agreement"])


class PayInLimit(Asked):
    """How much a firm can pay in."""

    participant: Id
    currency: Code
    limit: Amount


class Quota(Asked):
    """How much one side may owe another, in the house's unit."""

    side: Id
    other: Id
    limit: Amount
    currency: Code = Field(description="The house's unit.")


class Limits(Asked):
    """Change pay-in limits and border quotas."""

    kind: Literal["limits.change"]
    pay_in: list[PayInLimit] = Field(default_factory=list, max_length=1000)
    quotas: list[Quota] = Field(default_factory=list, max_length=100)


class WorkingBalance(Asked):
    """Agree with a sponsor on a side's working balance."""

    kind: Literal["working_balance.change"]
    side: Id
    currency: Code
    limit: Amount
    sponsor: Line = Field(examples=["Banyan Development Bank"])
    agreement: Id = Field(examples=["WB-1"])
    account: Short = Field(default="", description="Where the sponsor is paid back.")


class RulesGiven(Asked):
    """Change the rules: the whole of house.toml as it is to be."""

    kind: Literal["rules.change"]
    rules: Annotated[str, Field(min_length=1, max_length=200_000,
                                examples=["[house]\nid = \"alder-bakul\"\n"])]  # fmt: skip


class FixingGiven(Asked):
    """Declare the exchange rates of a cycle."""

    kind: Literal["fixing.declare"]
    cycle: Id
    rates: dict[str, Short] = Field(min_length=1, max_length=200,
                                    examples=[{"EUR": "1", "INR": "1/90"}])  # fmt: skip
    source: Line = Field(examples=["the central banks' rates of the day"])


class Times(Asked):
    """Move a cycle's cut-off, or the end of its correction window."""

    kind: Literal["cycle.extend"]
    cycle: Id
    cut_off_at: Time | None = None
    window_ends_at: Time | None = None
    pay_in_deadline: Time | None = None


class Pause(Asked):
    """Pause a cycle, or let it go on."""

    kind: Literal["cycle.pause"]
    cycle: Id
    reason: Line
    ends: bool = False


class Correction(Asked):
    """Take an obligation out in the correction window."""

    kind: Literal["cycle.correct"]
    cycle: Id
    obligation: Count
    reason: Literal["consent", "error", "house review"]


class Doubles(Asked):
    """Let suspected doubles go on."""

    kind: Literal["duplicate.clear"]
    obligations: list[Count] = Field(min_length=1, max_length=1000)
    reason: Line


class Opposite(Asked):
    """Make good a fraud after finality by an opposite obligation."""

    kind: Literal["obligation.oppose"]
    obligation: Count
    amount: Amount
    currency: Code
    reason: Line
    evidence: Text = ""


class OfCycle(Asked):
    """Publish the final run, or a recast: set-off is final."""

    kind: Literal["run.final", "run.recast"]
    cycle: Id


class Release(Asked):
    """Let payments of a side leave."""

    kind: Literal["payment.release"]
    cycle: Id | None = None
    side: Annotated[str, Field(max_length=64)]
    currency: Code


class Assign(Asked):
    """Say whose money in suspense is, or return it."""

    kind: Literal["suspense.assign"]
    line: Count
    to: Count | None = Field(default=None, description="The pay-in it is for.")
    missing: Count | None = Field(
        default=None, description="The line by which a bank paid too much: this came back of it."
    )
    as_what: Literal["charge", "difference"] | None = None
    back_of_border: Count | None = None
    back_of_pay_out: Count | None = None


class SettleDoubt(Asked):
    """Say which of a bank's answers is right: it paid, or it refused."""

    kind: Literal["doubt.settle"]
    answer: Count
    paid: bool


class Certificate(Asked):
    """Take a new certificate into use, which the house issues to itself."""

    kind: Literal["house.certificate"]


class Reverse(Asked):
    """Undo a journal entry by a new one."""

    kind: Literal["entry.reverse"]
    entry: Count
    reason: Line


class Pack(Asked):
    """Put a side's rule pack into force; the starter pack if empty."""

    kind: Literal["pack.adopt"]
    side: Id
    pack: Annotated[str, Field(max_length=900_000)] = ""


class Decide(Asked):
    """Decide whether a party is who stands on a list."""

    kind: Literal["case.decide"]
    case: Count
    decision: Id = Field(examples=["cleared"])
    reason: Line


class ReleaseCase(Asked):
    """Let go a party that was confirmed, on an authority's word."""

    kind: Literal["case.release"]
    case: Count
    reason: Line
    order: Line = Field(examples=["order 12 of the authority"])


class MadeGood(Asked):
    """How much of a final obligation is made good."""

    obligation: Count
    amount: Amount
    currency: Code


class ReverseByOrder(Asked):
    """Make good what was final of a confirmed party, on an authority's order."""

    kind: Literal["order.reverse"]
    case: Count
    obligations: Annotated[list[MadeGood], Field(min_length=1, max_length=1000)]
    order: Line = Field(examples=["order 12 of the authority"])
    document: Digest = Field(examples=["ab" * 32], description="SHA-256 of the order's document")
    reason: Line


class LicenceGiven(Asked):
    """Enter a licence that an authority gave, or change the one of that number."""

    kind: Literal["licence.enter"]
    number: Id = Field(examples=["L-17"])
    authority: Line = Field(examples=["the trade ministry"])
    side: Id
    holder: Id
    goods: Annotated[list[Id], Field(min_length=1, max_length=200, examples=[["300490"]])]
    countries: Annotated[list[Id], Field(min_length=1, max_length=250, examples=[["IN"]])]
    value: Amount
    currency: Code
    valid_from: Day
    valid_until: Day
    paper: Short = Field(default="", description="where its original lies")


class LicenceRevoked(Asked):
    """End a licence that its authority took back."""

    kind: Literal["licence.revoke"]
    number: Id = Field(examples=["L-17"])


class RetireList(Asked):
    """Retire a list of the house's own."""

    kind: Literal["list.retire"]
    name: Id = Field(examples=["own:watch"])


class Erase(Asked):
    """Erase a person's or a firm's data."""

    kind: Literal["register.erase"]
    subject_kind: Id = Field(examples=["participant"])
    subject: Id


class AdmitPerson(Asked):
    """Admit a person, with a key and rights."""

    kind: Literal["person.admit"]
    person: Id
    name: Line
    identity: Line = Field(description="Kind, country and number of their identity paper.")
    public_key: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    rights: list[Id] = Field(default_factory=list, max_length=100)


class Rights(Asked):
    """Change what a person may sign: all their rights."""

    kind: Literal["person.rights"]
    person: Id
    rights: list[Id] = Field(max_length=100)


class RoleGiven(Asked):
    """A role."""

    role: Id
    firm: Annotated[str, Field(max_length=64)] = ""
    sides: list[Id] = Field(default_factory=list, max_length=50)
    from_day: Day = ""
    until_day: Day = ""


class Roles(Asked):
    """Say in which roles a person comes in: all of them."""

    kind: Literal["person.access"]
    person: Id
    roles: list[RoleGiven] = Field(max_length=20)


class Leave(Asked):
    """End a person's work in the house."""

    kind: Literal["person.leave"]
    person: Id


DraftBody = Annotated[
    AdmitFirms | ChangeFirm | FirmState | Default | Estate | Agency | BankDetails | Limits
    | WorkingBalance | RulesGiven | FixingGiven | Times | Pause | Correction | Doubles | Opposite
    | OfCycle | Release | Assign | SettleDoubt
    | Certificate
    | Reverse | Pack | Decide | ReleaseCase | ReverseByOrder | LicenceGiven | LicenceRevoked
    | RetireList | Erase | AdmitPerson
    | Rights | Roles | Leave,
    Field(discriminator="kind"),
]  # fmt: skip
"""An act to be drafted, of one kind."""


def given_of(body: Asked) -> dict[str, Any]:
    """Return what an act takes as plain values, amounts in minor units.

    Raises:
        Rejected: An amount is none.
    """
    given = body.model_dump()
    if isinstance(body, WorkingBalance):
        given["limit_minor"] = amount_minor(body.limit, body.currency)
    if isinstance(body, LicenceGiven):
        given["value_minor"] = amount_minor(body.value, body.currency)
    if isinstance(body, ReverseByOrder):
        given["amounts"] = {
            row.obligation: amount_minor(row.amount, row.currency) for row in body.obligations
        }
    if isinstance(body, Opposite):
        given["amount_minor"] = amount_minor(body.amount, body.currency)
    if isinstance(body, Limits):
        for name, rows in (("pay_in", body.pay_in), ("quotas", body.quotas)):
            given[name] = [
                row.model_dump() | {"limit_minor": amount_minor(row.limit, row.currency)}
                for row in rows
            ]
    return given
