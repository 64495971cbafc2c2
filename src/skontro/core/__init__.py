# SPDX-License-Identifier: Apache-2.0
"""The pure heart: money, fixing, participants, obligations, clearing. No files, no clock."""
