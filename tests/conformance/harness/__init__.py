"""One module for each kind of connector: see `tests.conformance.source`."""
