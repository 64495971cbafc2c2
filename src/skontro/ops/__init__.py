# SPDX-License-Identifier: Apache-2.0
"""Progress, time and memory, and the health of the machine: what the shell knows."""
