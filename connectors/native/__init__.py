"""The native store as a connector: the index, synced entities, and what is logged here."""
