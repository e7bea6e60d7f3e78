"""Portable SQL: one set of templates, one dialect table, one way to quote."""

from analysis.logs.sql.dialect import DUCKDB, SPARK, Dialect

__all__ = ["DUCKDB", "SPARK", "Dialect"]
