# SPDX-License-Identifier: Apache-2.0
"""Settings of the service, from the environment: what is no rule of the house."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from skontro.core.errors import Rejected

PREFIX = "SKONTRO_SERVICE_"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service is run.

    Attributes:
        url: Where people reach it; behind a proxy, that of the proxy.
        body_bytes: The most a request may bring, but for bulk registrations.
        bulk_bytes: The most a bulk registration may bring.
        upload_bytes: The most an upload of e-invoices may bring.
        list_bytes: The most a list or a file of customs may bring.
        rate_minute: Requests a minute from one person or program.
        sign_in_minute: Tries to sign in a minute from one address.
        worker: 1 if this process works in the background as well; 0 if another one does.
        lease_s: How long the work of a worker that died waits for another, in seconds.
        calendar: 1 if cycles go by their calendar; 0 if people take every step.
    """

    url: str = "http://127.0.0.1:8000"
    body_bytes: int = 1 << 20
    bulk_bytes: int = 1 << 30
    upload_bytes: int = 24 << 20
    list_bytes: int = 128 << 20
    rate_minute: int = 60_000
    sign_in_minute: int = 30
    worker: int = 1
    lease_s: int = 60
    calendar: int = 1

    @property
    def is_secure(self) -> bool:
        """Whether people reach it over TLS: cookies then travel over nothing else."""
        return self.url.startswith("https://")

    @property
    def cookie(self) -> str:
        """Name of the session's cookie."""
        return "__Host-skontro" if self.is_secure else "skontro"

    def each_of(self, workers: int) -> dict[str, str]:
        """Return what processes that answer together are told, so that they let through no more
        than one would: each counts by itself.

        Args:
            workers: How many there are.

        Returns:
            Variables of the environment: limits of requests, divided, upwards.

        Example:
            >>> Settings(rate_minute=100, sign_in_minute=30).each_of(3)
            {'SKONTRO_SERVICE_RATE_MINUTE': '34', 'SKONTRO_SERVICE_SIGN_IN_MINUTE': '10'}
        """
        return {
            f"{PREFIX}{name.upper()}": str(-(-getattr(self, name) // workers))
            for name in ("rate_minute", "sign_in_minute")
        }

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
        """Read them from the environment; what is given goes first.

        Args:
            environment: Where to look: ``SKONTRO_SERVICE_URL`` and so on.
            given: Settings by name.

        Raises:
            Rejected: One is no number, or the address is none.

        Example:
            >>> Settings.read({"SKONTRO_SERVICE_RATE_MINUTE": "60"}).rate_minute
            60
        """
        values = dict[str, object]()
        for name in cls.__slots__:
            text = environment.get(PREFIX + name.upper())
            if text is not None and name not in given:
                if name != "url" and not text.isdecimal():
                    raise Rejected(f"{PREFIX}{name.upper()}: {text!r} is no number",
                                   code="InvalidOptions")  # fmt: skip
                values[name] = text if name == "url" else int(text)
        made = cls(**(values | given))  # type: ignore[arg-type]
        if not made.url.startswith(("http://", "https://")):
            raise Rejected(f"{made.url!r} is no address", code="InvalidOptions",
                           next_step="write http://127.0.0.1:8000 or https://...")  # fmt: skip
        return made
