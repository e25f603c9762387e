"""Places in a document, without the tokens that graphql-core keeps for each."""

from graphql import Source
from graphql.language import Location


class Span(Location):
    """From one character of a source up to another. `start_token` and `end_token` are not set."""

    __slots__ = ()

    def __init__(self, start: int, end: int, source: Source) -> None:
        # The original is made of tokens.
        self.start = start
        self.end = end
        self.source = source
