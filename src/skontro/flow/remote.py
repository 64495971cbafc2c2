# SPDX-License-Identifier: Apache-2.0
"""The screening service beside the house's own matcher: asked, remembered for a while, kept."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from skontro.core.errors import SkontroError
from skontro.gate.parties import Compared
from skontro.gate.remote import MOST_ASKED, Answer, question, read_answer
from skontro.house.screening_service import ScreeningService
from skontro.ops.screening_client import ask, secret_of

if TYPE_CHECKING:
    from skontro.flow.house import House

_PAUSE = datetime.timedelta(minutes=1)
"""For so long a service that did not answer is not asked again: what asked it is held meanwhile."""
_MOST_KNOWN = 200_000
NO_TIME = datetime.timedelta(0)
NOT_ASKED = "NotAsked"
"""Instead of an answer: it was not asked yet. That holds, whatever the rules say of faults."""


class RemoteScreening:
    """Asks the service that the rules name.

    It is asked outside every unit of work, so that nobody waits for the house's row while it
    thinks. Within a unit only what it said before counts; who it was not asked about is held, and
    judged again once it answered. What it said of the same records is remembered for the minutes
    the rules give; after a fault it is left alone for a minute, so that one that hangs does not
    stop the house over and over.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self._service: ScreeningService | None = None
        self._known = dict[str, tuple[datetime.datetime, Answer]]()
        self._away: tuple[datetime.datetime, str] | None = None
        self._everybody: datetime.datetime | None = None

    def answers(self, compared: Sequence[Compared]) -> Mapping[str, Answer]:
        """Return what the service said of parties, by the digest of their records; asks nobody.

        Nothing where the rules name no service. A fault is an answer too: it says so, as does
        :data:`NOT_ASKED`.
        """
        service, now = self._in_use(), self.house.now
        if service is None:
            return {}
        away = self._is_away(now)
        not_asked = Answer((), away or NOT_ASKED)
        return {one.digest: self._remembered(one, service, now) or not_asked for one in compared}

    def is_due(self) -> bool:
        """Tell whether it is time to ask about everybody: a quarter of the minutes went by."""
        service, now = self._in_use(), self.house.now
        if service is None:
            return False
        quarter = datetime.timedelta(minutes=service.fresh_minutes) / 4
        if self._everybody is not None and self._everybody <= now < self._everybody + quarter:
            return False
        self._everybody = now
        return True

    def missing(self, compared: Iterable[Compared], *, soon: bool = False) -> list[Compared]:
        """Return those whom it has to be asked about, each once; none while it is left alone.

        Args:
            compared: Parties.
            soon: Those too whose answer is good for a quarter of the minutes and no longer.
        """
        service, now = self._in_use(), self.house.now
        if service is None or self._is_away(now):
            return []
        asked = {one.digest: one for one in compared}
        left = datetime.timedelta(minutes=service.fresh_minutes) / 4 if soon else NO_TIME
        return [
            one for one in asked.values() if self._remembered(one, service, now + left) is None
        ]

    def ask(self, compared: Sequence[Compared]) -> None:
        """Ask it about parties and remember what it says: outside every unit of work."""
        service, now = self._in_use(), self.house.now
        if service is None:
            return
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        for start in range(0, len(compared), MOST_ASKED):
            self._ask(service, compared[start : start + MOST_ASKED], now)

    def _in_use(self) -> ScreeningService | None:
        service = self.house.rules.screening_service
        if service != self._service:
            self._known.clear()
            self._service, self._away, self._everybody = service, None, None
        return service

    def _remembered(
        self, one: Compared, service: ScreeningService, now: datetime.datetime
    ) -> Answer | None:
        at, answer = self._known.get(one.digest, (None, None))
        fresh = datetime.timedelta(minutes=service.fresh_minutes)
        return answer if at is not None and now - at < fresh and now >= at else None

    def _is_away(self, now: datetime.datetime) -> str:
        if self._away is not None and now - self._away[0] < _PAUSE:
            return self._away[1]
        return ""

    def _ask(
        self, service: ScreeningService, compared: Sequence[Compared], now: datetime.datetime
    ) -> None:
        if self._is_away(now):
            return
        try:
            key = secret_of(
                service.key_env, service.key_file and self.house.folder / service.key_file
            )
            body = ask(
                service.url, question([one.subject for one in compared]), key=key,
                timeout_seconds=service.timeout_seconds, most_bytes=service.most_bytes,
            )  # fmt: skip
            found = read_answer(body, len(compared))
        except SkontroError as why:
            self._away, self._everybody = (now, why.code), None
            return
        self._away = None
        self._known |= {one.digest: (now, said) for one, said in zip(compared, found, strict=True)}
