# SPDX-License-Identifier: Apache-2.0
"""One module a noun: load, let a pure function decide, write all of it in one unit of work."""
