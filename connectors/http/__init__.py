"""HTTP, for the kinds of connectors that speak it: requests, credentials and what failures mean."""
