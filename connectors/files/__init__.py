"""Files of a folder as a source: CSV, JSON, Parquet and Excel tables, and documents."""

from connectors.contract import Kind
from connectors.files.connector import open_files
from connectors.files.options import FilesOptions

KIND = Kind(name="files", options=FilesOptions, open=open_files)
"""The kind `files`."""
