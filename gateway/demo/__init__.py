"""The demo: a made-up outdoor retailer whose customers are known to five separate systems.

`generation` writes what the systems hold, `sources` serves two of them over HTTP, and
`customer360.yaml` is the configuration that brings them together. Everything is invented: names
are put together by chance, addresses end in reserved domains, and German and British phone numbers
come from the ranges that are kept free for fiction.
"""
