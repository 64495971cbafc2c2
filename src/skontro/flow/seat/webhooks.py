# SPDX-License-Identifier: Apache-2.0
"""Webhooks, from a seat: a participant's own to work with, all of them for the house to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skontro.core.errors import Forbidden, NoSuchFile
from skontro.flow.seat import Doing, Part
from skontro.house.roles import Scope


class WebhookSeat(Part):
    """Where participants are told of what concerns them."""

    def table(self) -> list[dict[str, Any]]:
        """Return the webhooks one may see, without their secrets."""
        scope = self.reading("webhooks.read")
        found = self.house.webhooks.table(None if scope.everything else sorted(scope.firms))
        return [_without_query(one) for one in found] if scope.everything else found

    def show(self, number: int) -> dict[str, Any]:
        """Return a webhook.

        Raises:
            NoSuchFile: There is none of that number within what one may see.
        """
        scope = self.reading("webhooks.read", f"webhook {number}")
        found = self._seen(number, scope)
        return _without_query(found) if scope.everything else found

    def left(self) -> dict[int, dict[str, Any]]:
        """Return of each webhook one may see how much waits and failed: see ``Webhooks.left``."""
        return self.house.webhooks.left([one["number"] for one in self.table()])

    def backlog(self) -> dict[str, Any]:
        """Return how old the oldest event is that waits, and how many deliveries wait and failed.

        Raises:
            Forbidden: It is of all firms, and they see their own alone.
        """
        if not self.reading("webhooks.read", "backlog").everything:
            raise self.refuse("webhooks.read", "backlog", "the backlog is of the whole house")
        with self.house.database.widened("figures"):
            return self.house.webhooks.figures()

    def deliveries(
        self, number: int, *, before: int = 0, most: int = 100
    ) -> list[dict[str, Any]]:
        """Return what was or will be sent to a webhook, the newest first.

        What stands in it is for the participant alone: to the house it says what, when, and what
        came of it.
        """
        scope = self.reading("webhooks.read", f"webhook {number}")
        self._seen(number, scope)
        found = self.house.webhooks.deliveries(number, before=before, most=most)
        return [one | {"body": None} for one in found] if scope.everything else found

    def make(self, firm: str, url: str, kinds: Sequence[str]) -> dict[str, Any]:
        """Register a webhook of the firm one works for; its secret is shown once."""
        with self.doing("webhooks.work", f"webhook of {firm}") as doing:
            if firm not in doing.scope.firms:
                raise Forbidden("a webhook is for the firm one works for", code="BeyondRights")
            return self.house.webhooks.make(firm, url, kinds, self.actor.id)

    def renew(self, number: int) -> dict[str, Any]:
        """Make the secret of a webhook anew; it is shown once."""
        with self.doing("webhooks.work", f"webhook {number}: secret") as doing:
            self._own(number, doing)
            return self.house.webhooks.renew(number)

    def end(self, number: int) -> None:
        """End a webhook."""
        with self.doing("webhooks.work", f"webhook {number}: end") as doing:
            self._own(number, doing)
            self.house.webhooks.end(number)

    def pause(self, number: int) -> dict[str, Any]:
        """Send nothing to a webhook until it is resumed."""
        with self.doing("webhooks.work", f"webhook {number}: pause") as doing:
            self._own(number, doing)
            self.house.webhooks.pause(number)
            return self.house.webhooks.show(number)

    def resume(self, number: int) -> dict[str, Any]:
        """Send to a webhook again."""
        with self.doing("webhooks.work", f"webhook {number}: resume") as doing:
            self._own(number, doing)
            self.house.webhooks.resume(number)
            return self.house.webhooks.show(number)

    def send_test(self, number: int) -> int:
        """Have a test sent to a webhook; return the number of its delivery."""
        with self.doing("webhooks.work", f"webhook {number}: test") as doing:
            self._own(number, doing)
            return self.house.webhooks.send_test(number)

    def send_again(self, number: int, which: int) -> int:
        """Send a delivery of a webhook again; return the number of the new one."""
        with self.doing("webhooks.work", f"webhook {number}: delivery {which}") as doing:
            self._own(number, doing)
            return self.house.webhooks.send_again(number, which)

    def _own(self, number: int, doing: Doing) -> None:
        self._seen(number, doing.scope)

    def _seen(self, number: int, scope: Scope) -> dict[str, Any]:
        found = self.house.webhooks.show(number)
        if not scope.everything and found["firm"] not in scope.firms:
            raise NoSuchFile(f"there is no webhook {number}", code="NoSuchWebhook")
        return found


def _without_query(row: dict[str, Any]) -> dict[str, Any]:
    """A webhook as the house sees it: what stands behind the question mark may be a secret."""
    place, mark, _ = row["url"].partition("?")
    return row | {"url": f"{place}{mark}{'...' if mark else ''}"}
