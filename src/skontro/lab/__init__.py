# SPDX-License-Identifier: Apache-2.0
"""For analysts: synthetic networks, their figures, curves of cash against discharge."""
