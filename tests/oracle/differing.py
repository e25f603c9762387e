"""Asking the engine and the reference the same, and showing where their answers differ."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from resolvers.request import Request
from tests.oracle.comparison import Answer, answered, difference, expected
from tests.oracle.generator import Operation
from tests.oracle.reduction import reduced
from tests.oracle.world import World


def compared(world: World, operations: Sequence[Operation]) -> list[Answer]:
    """The answers to operations that are under way at the same time; a test fails if they differ.

    Each operation is asked with all its variables.
    """
    runs = [(each, variables) for each in operations for variables in each.variables]
    requests = [_request(each, variables) for each, variables in runs]
    results = zip(requests, world.ask(*requests), strict=True)
    answers = [answered(result, request.query) for request, result in results]
    for request, answer in zip(requests, answers, strict=True):
        if answer != _expected(world, request):
            pytest.fail(_difference(world, request), pytrace=False)
    return answers


def _request(operation: Operation, variables: Mapping[str, object]) -> Request:
    return Request(query=operation.text, operation_name=operation.name, variables=variables)


def _expected(world: World, request: Request) -> Answer:
    variables = request.variables or {}
    return expected(world.reference.execute(request.query, variables, request.operation_name))


def _difference(world: World, request: Request) -> str:
    """The request, as small as it still shows the difference, and both answers."""

    def differs(text: str) -> bool:
        smaller = replace(request, query=text)
        (result,) = world.ask(smaller)
        return answered(result, text) != _expected(world, smaller)

    is_alone = differs(request.query)
    text = reduced(request.query, differs) if is_alone else request.query
    small = replace(request, query=text)
    (result,) = world.ask(small)
    return (
        f"{text}\n\nvariables: {request.variables}\n\n"
        + difference(answered(result, text), _expected(world, small))
        + ("" if is_alone else "\n\nIt differs only while other operations are under way.")
    )
