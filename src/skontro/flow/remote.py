# SPDX-License-Identifier: Apache-2.0
"""The screening service beside the house's own matcher: asked, remembered for a while, kept."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
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


class RemoteScreening:
    """Asks the service that the rules name.

    What it said of the same records is remembered for the minutes the rules give; after a fault it
    is left alone for a minute, so that one that hangs does not stop the house over and over.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self._service: ScreeningService | None = None
        self._known = dict[str, tuple[datetime.datetime, Answer]]()
        self._away: tuple[datetime.datetime, str] | None = None

    def answers(self, compared: Sequence[Compared]) -> Mapping[str, Answer]:
        """Return what the service says of parties, by the digest of their records.

        Nothing where the rules name no service. A fault is an answer too: it says so.
        """
        service, now = self.house.rules.screening_service, self.house.now
        if service != self._service:
            self._known.clear()
            self._service, self._away = service, None
        if service is None or not compared:
            return {}
        fresh = datetime.timedelta(minutes=service.fresh_minutes)
        found, asked = dict[str, Answer](), dict[str, Compared]()
        for one in compared:
            at, answer = self._known.get(one.digest, (None, None))
            if at is not None and answer is not None and now - at < fresh and now >= at:
                found[one.digest] = answer
            else:
                asked[one.digest] = one
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        digests = list(asked)
        for start in range(0, len(digests), MOST_ASKED):
            part = digests[start : start + MOST_ASKED]
            said = self._ask(service, [asked[digest] for digest in part], now)
            found |= dict(zip(part, said, strict=True))
        return found

    def _ask(
        self, service: ScreeningService, compared: Sequence[Compared], now: datetime.datetime
    ) -> list[Answer]:
        if self._away is not None and now - self._away[0] < _PAUSE:
            return [Answer((), self._away[1])] * len(compared)
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
            self._away = (now, why.code)
            return [Answer((), why.code)] * len(compared)
        self._away = None
        self._known |= {one.digest: (now, said) for one, said in zip(compared, found, strict=True)}
        return found
