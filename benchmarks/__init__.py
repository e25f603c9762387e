"""Benchmarks: how fast the gateway is, beside others on the same data and the same machine."""
