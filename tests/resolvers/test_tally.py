"""Operations are counted by name, but not by as many names as clients make up."""

from graphql import OperationDefinitionNode, parse

from resolvers.tally import ANONYMOUS, MOST_NAMES, OTHER, OperationTallies


def operation(text: str) -> OperationDefinitionNode:
    """The operation of a document."""
    (definition,) = parse(text).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def test_a_client_that_makes_up_names_fills_one_line() -> None:
    """The first names are told apart, all further ones are one."""
    tallies = OperationTallies()

    for number in range(MOST_NAMES + 50):
        named = operation(f"query Q{number} {{ a }}")
        tallies.executed(named, elapsed_s=0.001, error_count=0)

    assert len(tallies.by_name) == MOST_NAMES + 1
    (rest,) = [each for (_, name), each in tallies.by_name.items() if name == OTHER]
    assert sum(rest.durations.counts) == 50


def test_operations_are_counted_with_their_time_and_their_errors() -> None:
    """Kinds and names apart; one without a name is anonymous."""
    tallies = OperationTallies()

    tallies.executed(operation("{ a }"), elapsed_s=0.002, error_count=0)
    tallies.executed(operation("{ a }"), elapsed_s=60, error_count=3)
    tallies.executed(operation("mutation { a }"), elapsed_s=1, error_count=0)
    tallies.refused("BAD_USER_INPUT")

    by_name = {(kind.value, name): each for (kind, name), each in tallies.by_name.items()}
    assert set(by_name) == {("query", ANONYMOUS), ("mutation", ANONYMOUS)}
    queries = by_name["query", ANONYMOUS]
    assert (queries.durations.counts[1], queries.durations.counts[-1]) == (1, 1)
    assert (queries.durations.sum_s, queries.error_count) == (60.002, 1)
    assert tallies.refusals == {"BAD_USER_INPUT": 1}
