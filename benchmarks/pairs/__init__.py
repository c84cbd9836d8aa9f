"""Comments and votes to capped pairs: processor time and memory, beside a pandas loop and a DuckDB query."""
