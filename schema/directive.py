"""Directives that clients may write besides those of the specification."""

from typing import Annotated

import strawberry
from strawberry.directive import DirectiveLocation


@strawberry.directive(
    locations=[DirectiveLocation.QUERY],
    description=(
        "How old answers of live sources may be that the gateway has kept. Older ones are asked for"
        " anew; nothing is kept longer because of it. The sources in `extensions` say how old what"
        " they gave is."
    ),
)
def freshness(
    max_stale: Annotated[
        str,
        strawberry.argument(
            description=(
                'A whole number and a unit, such as "30s", "5m", "2h" or "1d"; "0s" asks now.'
            )
        ),
    ],
) -> None:
    """It says how a query is answered, and changes no value: see `resolvers.freshness`."""
    del max_stale


DIRECTIVES = (freshness,)
"""All of them."""
