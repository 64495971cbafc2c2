# SPDX-License-Identifier: Apache-2.0
"""The commands of a house, a module for each group; loaded only when one of them is given."""
