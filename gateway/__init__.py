"""The process: application, configuration, HTTP, command line, background jobs."""
