"""Everything that leaves the process: folders are connectors, files are machinery."""
