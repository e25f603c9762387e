"""Introspection: the one part of an answer that graphql-core makes."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
)


def introspect(
    schema: GraphQLSchema,
    fields: Mapping[str, Sequence[FieldNode]],
    fragments: Sequence[FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> Mapping[str, Any]:
    """The values of `__schema` and `__type` fields of a query, by response key."""
    nodes = [node for each in fields.values() for node in each]
    document = DocumentNode(
        definitions=(
            OperationDefinitionNode(
                operation=OperationType.QUERY,
                variable_definitions=operation.variable_definitions,
                directives=(),
                selection_set=SelectionSetNode(selections=tuple(nodes)),
            ),
            *fragments,
        )
    )
    result = execute_sync(schema, document, variable_values=dict(variables))
    if result.errors or result.data is None:
        raise RuntimeError(f"introspection failed: {result.errors}")
    return result.data
