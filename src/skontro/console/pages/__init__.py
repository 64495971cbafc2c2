# SPDX-License-Identifier: Apache-2.0
"""The pages, by what they are about."""
