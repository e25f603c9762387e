"""What is wrapped around every connector, by the settings of its source: see each module."""
