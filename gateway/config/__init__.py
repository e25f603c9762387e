"""The configuration file `customer360.yaml`: read, checked and explained."""

from gateway.config.loader import configurable, load
from gateway.config.problem import InvalidConfiguration
from gateway.config.settings import Settings
from gateway.config.signing_key import link_signing_key

__all__ = ["InvalidConfiguration", "Settings", "configurable", "link_signing_key", "load"]
