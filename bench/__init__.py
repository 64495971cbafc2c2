# SPDX-License-Identifier: Apache-2.0
"""Benchmarks: Skontro beside other solvers, on one machine, in one run."""
