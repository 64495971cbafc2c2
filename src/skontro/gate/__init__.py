# SPDX-License-Identifier: Apache-2.0
"""Pure: what the gate decides, and why; every verdict explains itself."""
