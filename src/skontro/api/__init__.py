# SPDX-License-Identifier: Apache-2.0
"""The REST API: authenticates and translates; ``flow`` authorises, and no rule lives here."""
