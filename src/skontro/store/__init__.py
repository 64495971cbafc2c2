# SPDX-License-Identifier: Apache-2.0
"""The only SQL: SQLite embedded by default, PostgreSQL in production."""
