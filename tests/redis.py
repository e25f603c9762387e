"""A real Redis for tests, where there is one."""

import os

import pytest

REDIS_URL = os.environ.get("CUSTOMER360_TEST_REDIS", "")
"""The address of a Redis database that tests may use and empty."""

needs_redis = pytest.mark.skipif(not REDIS_URL, reason="CUSTOMER360_TEST_REDIS names no Redis")
