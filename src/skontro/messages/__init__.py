# SPDX-License-Identifier: Apache-2.0
"""Bytes in, core values out, and back: tables, result folders, packages, reports."""
