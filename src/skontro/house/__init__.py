# SPDX-License-Identifier: Apache-2.0
"""Pure: what a clearing house decides; knows no file, no database, no clock."""
