"""The formats of files: CSV, JSON lines, JSON, Parquet and Excel, all read as lines of records."""
