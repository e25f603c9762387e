"""Who comes in: API keys, tokens of an identity provider, and a proxy that is trusted."""
