# SPDX-License-Identifier: Apache-2.0
"""What banks send, read into the plain values of :mod:`skontro.house.bank`.

    camt.052 camt.053 camt.054     statements, reports of the day, notices   statements.py
    pain.002 pacs.002              answers to orders                         status.py
    pacs.004                       payments that come back                   returns.py

:func:`read_bank_file` tells them apart by namespace, whatever their version, alone or in an
envelope with a business header.
"""

from skontro.messages.bank_files.reading import MESSAGES, read_bank_file

__all__ = ["MESSAGES", "read_bank_file"]
