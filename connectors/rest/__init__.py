"""REST sources: HTTP APIs that speak JSON, described in the configuration instead of in code."""

from connectors.contract import Kind
from connectors.rest.connector import RestConnector
from connectors.rest.options import RestOptions

KIND = Kind(name="rest", options=RestOptions, open=RestConnector)
