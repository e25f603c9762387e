"""Real stores of documents for tests: moto's S3 and wsgidav, each a process of this machine."""
