# SPDX-License-Identifier: Apache-2.0
"""For auditors: one obligation from its document to its postings, and the check of a cycle."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response
from pydantic import Field

from skontro.api.bodies import Digest, Told, Values, in_text
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.api.routes.cycles import CycleId
from skontro.api.routes.jobs import AS_JOB, job_answer

routes = router("trails")

Number = Annotated[int, Path(ge=1, le=1 << 53, examples=[7])]
_NUMBER = "2f1c6a0b9d7e4853a1c2d3e4f5061728394a5b6c7d8e9f00112233445566778a"


class Trail(Told):
    """Everything that was said, judged, run, paid and posted of an obligation."""

    obligation: Values = Field(examples=[{
        "number": 7, "debtor": "A3", "creditor": "A1", "currency": "EUR", "amount": "20000.00",
        "state": "discharged",
    }])  # fmt: skip
    documents: list[Values] = Field(
        examples=[[{"kind": "invoice", "number": "INV-2026-17"}]],
        description="e-invoices and credit notes it came from, each with the digest of its bytes"
    )
    registrations: list[Values] = Field(examples=[[{
        "sender": "A1", "reference": "o7", "amount": "20000.00",
    }]])  # fmt: skip
    events: list[Values] = Field(
        examples=[[{"event": "confirm", "at": "2026-01-02T09:00:00.000000Z"}]],
        description="what happened: when, by whose will, by whom",
    )
    verdicts: list[Values] = Field(
        description="the gate: released or house review, and when; never why",
        examples=[[{"number": 9, "at": "2026-01-02T09:00:00.000000Z", "said": "released"}]],
    )
    cycles: list[Values] = Field(
        examples=[[{"cycle": "2026-01"}]],
        description="the cycles it entered, and why it left one",
    )
    runs: list[Values] = Field(
        examples=[[{"cycle": "2026-01", "kind": "final", "set_off": "12600.00"}]],
        description="what published runs did to it, by whom they were signed, under which root"
    )
    money: list[Values] = Field(
        examples=[[]], description="pay-ins and pay-outs of its parties in these cycles"
    )
    borders: list[Values] = Field(
        examples=[[]], description="positions between the sides in these cycles"
    )
    entries: list[Values] = Field(
        examples=[[]], description="journal entries with lines on its two accounts"
    )
    seals: list[Values] = Field(
        examples=[[]], description="entries that sealed the balances of these cycles"
    )
    papers: list[Values] = Field(
        examples=[[]], description="papers that tell its parties of it"
    )


class PathUp(Told):
    """A leaf of a party and the way up from it to the root."""

    participant: str = Field(examples=["A1"])
    currency: str
    unit: str = Field(examples=["EUR"])
    leaf: Digest = Field(examples=[_NUMBER])
    rows: Digest
    place: Digest = Field(
        examples=[_NUMBER], description="its bits, from the first, lead from the root to the leaf"
    )
    path: list[Digest] = Field(description="hashes beside the way, from below")


class Paths(Told):
    """Where an obligation lies under the published root of a cycle's final run."""

    cycle: str = Field(examples=["2026-01"])
    root: Digest
    leaves: int = Field(examples=[13])
    paths: list[PathUp]


class Claim(Told):
    """A claim of a run's archive, and whether it holds."""

    name: str = Field(examples=["EUR.set-off.certificate"])
    ok: bool
    detail: str = Field(description="empty for those who see some sides only")


class Verification(Told):
    """What the stand-alone verifier says of a cycle's last run."""

    cycle: str = Field(examples=["2026-01"])
    run: str = Field(examples=["final"])
    ok: bool
    effect: str = Field(description="what may be said of it in one line")
    with_statement: bool = Field(description="checked with the statement of publication")
    checked_at: str
    claims: list[Claim]
    cannot: list[str] = Field(description="what this check cannot establish")


class DocumentTold(Told):
    """An e-invoice or a credit note as it came in."""

    id: int = Field(examples=[1])
    kind: str = Field(examples=["invoice"])
    number: str = Field(examples=["INV-2026-17"], description="the seller's number of it")
    syntax: str = Field(examples=["ubl"])
    carrier: str = Field(examples=["xml"])
    content_digest: str
    original_digest: Digest = Field(description="SHA-256 of its bytes")
    original_bytes: int
    currency: str = Field(examples=["EUR"])
    net: str
    tax: str
    payable: str = Field(examples=["20000.00"])
    filed_at: str


class Documents(Told):
    """The documents an obligation came from, invoices first."""

    items: list[DocumentTold]


@routes.get("/obligations/{number}/documents", openapi_extra=takes("documents.read"))
def list_documents(call: Caller, number: Number) -> Documents:
    """Return the e-invoices and credit notes an obligation came from."""
    return Documents.model_validate({"items": in_text(call.seat.documents.of(number))})


@routes.get(
    "/documents/{number}/original", response_class=Response,
    openapi_extra=takes("documents.read"),
    responses={200: {"content": {
        kind: {"schema": {"type": "string", "format": "binary"}}
        for kind in ("application/xml", "application/pdf")
    }}},
)  # fmt: skip
def read_original(call: Caller, number: Number) -> Response:
    """Return a document byte for byte as it came in."""
    name, kind, data = call.seat.documents.original(number)
    return Response(data, 200, {"Content-Disposition": f'attachment; filename="{name}"'}, kind)


@routes.get("/obligations/{number}/trail", response_model=Trail,
            openapi_extra=takes("trails.read"))  # fmt: skip
def show_trail(call: Caller, number: Number) -> Response:
    """Follow an obligation from its document to its postings, as far as one may see."""
    return call.show(Trail.model_validate(in_text(call.seat.trail.show(number))))


@routes.get("/obligations/{number}/trail/{cycle}", response_model=Paths,
            openapi_extra=takes("trails.read"))  # fmt: skip
def show_path(call: Caller, number: Number, cycle: CycleId) -> Response:
    """Return where it lies under the root of a published run: leaf, path, root."""
    return call.show(Paths.model_validate(call.seat.trail.path(number, cycle)))


@routes.post("/cycles/{cycle}/verification", response_model=Verification, responses=AS_JOB,
             openapi_extra=takes("runs.verify"))  # fmt: skip
def verify_cycle(call: Caller, cycle: CycleId) -> Response:
    """Have the stand-alone verifier check a cycle's last run; it changes nothing. With ``Prefer:
    respond-async`` a worker does it, and what it found stays with the job as its result."""
    if call.wants_job:
        return job_answer(call, lambda: call.seat.jobs.ask_verification(cycle), None)
    return call.once(lambda: Verification.model_validate(call.seat.trail.verify(cycle)))
