# SPDX-License-Identifier: Apache-2.0
"""The solver: arrays in, arrays out. It knows no currency and no string."""
