"""Explanations: what an operation asks of whom, before it is executed or while it is."""
