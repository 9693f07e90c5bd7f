"""SHELF: Delta tables of Parquet shards, releases, DuckDB views. Imports schemas only."""
