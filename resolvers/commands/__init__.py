"""Commands: one file for each mutation."""
