"""Documents, for all kinds of connectors that keep them: files as records, by path and sidecar."""
