# SPDX-License-Identifier: Apache-2.0
"""What a check came to: claim by claim, what holds and what does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from skontro.verify.standing import STATEMENT as STATEMENT
from skontro.verify.standing import Standing


class ClaimFailed(Exception):
    """A claim of the folder does not hold; the text says why."""


@dataclass(frozen=True)
class Claim:
    """One claim of a folder and whether it holds.

    Attributes:
        name: Short name of the claim, for instance ``certificate.set_off``.
        ok: Whether it holds.
        detail: What was checked, or what was found instead.
    """

    name: str
    ok: bool
    detail: str


@dataclass(repr=False)
class Verdict:
    """All claims of a folder, in the order they were checked.

    Attributes:
        claims: The claims.
        cannot: What this check could not establish, in sentences.
        progress: Told the claim that is looked at now, if somebody wants to know.
        standing: What the result says it is.
    """

    claims: list[Claim] = field(default_factory=list)
    cannot: list[str] = field(default_factory=list)
    progress: Callable[[str], object] | None = None
    standing: Standing = field(default_factory=Standing)

    def __repr__(self) -> str:
        """The last words of :meth:`text`, and what fails."""
        failed = "".join(f"; FAILS {claim.name}: {claim.detail}" for claim in self.failed)
        return f"<Verdict: {self._sum()}{failed}; {self.effect}>"

    @property
    def ok(self) -> bool:
        """Whether there are claims and each of them holds."""
        return bool(self.claims) and all(claim.ok for claim in self.claims)

    @property
    def failed(self) -> list[Claim]:
        """The claims that do not hold."""
        return [claim for claim in self.claims if not claim.ok]

    @property
    def effect(self) -> str:
        """What may be said of the result in one line."""
        return _one_line(self.standing.line(self.ok))

    def text(self) -> str:
        """Say claim by claim what holds, one line each, and what nobody may read into it.

        Example:
            >>> print(Verdict([Claim("manifest", True, "3 files as listed")]).text())
            holds  manifest: 3 files as listed
            every claim holds (1)
            effect: calculation, screened: false, nothing has been set off
        """
        lines = [
            f"{'holds' if claim.ok else 'FAILS':<6} {claim.name}: {claim.detail}"
            for claim in self.claims
        ]
        lines += [f"cannot be checked here: {sentence}" for sentence in self.cannot]
        return "\n".join([*lines, self._sum(), self.effect])

    def _sum(self) -> str:
        """How many claims hold."""
        if not self.claims:
            return "nothing could be checked"
        if self.failed:
            return f"{len(self.failed)} of {len(self.claims)} claims do not hold"
        return f"every claim holds ({len(self.claims)})"

    def as_dict(self) -> dict[str, object]:
        """The verdict as plain values, for JSON."""
        return {
            **self.standing.as_json(self.ok),
            "ok": self.ok,
            "claims": [
                {"name": claim.name, "ok": claim.ok, "detail": claim.detail}
                for claim in self.claims
            ],
            "cannot": list(self.cannot),
        }

    def check(self, name: str, test: Callable[[], str]) -> bool:
        """Run one test and record its claim; whatever it raises is a claim that fails.

        Args:
            name: Name of the claim.
            test: Returns what was checked; raises ``ClaimFailed`` with what was found instead.

        Returns:
            Whether the claim holds.
        """
        if self.progress is not None:
            self.progress(f"checking {name}")
        try:
            detail = test()
        except ClaimFailed as found:
            self.claims.append(Claim(name, False, _one_line(str(found))))
            return False
        except Exception as found:  # a liar's folder may raise anything: it is a failed claim
            detail = f"could not be read or checked: {type(found).__name__}: {found}"
            self.claims.append(Claim(name, False, _one_line(detail)))
            return False
        self.claims.append(Claim(name, True, _one_line(detail)))
        return True


def _one_line(text: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain if len(plain) <= 400 else plain[:397] + "..."


def require(holds: object, detail: str) -> None:
    """Refuse a claim with this detail unless the condition holds."""
    if not holds:
        raise ClaimFailed(detail)
