"""What each role may send, as the configuration says."""

from pathlib import Path

from gateway.engine import allowed_by_role, document_limits
from resolvers.selection import Limits
from tests.gateway.config.writing import loaded

CONFIGURATION = """
limits: {max_depth: 12, max_first: 100, default_first: 20}
server: {profile: production}
access:
  roles:
    agent: {introspection: true, limits: {max_nodes: 500000, max_depth: 30}}
    partner: {limits: {max_first: 10, max_query_bytes: 2000}}
    customer: {limits: {max_first: 10, max_query_bytes: 2000}}
    desk:
"""


def test_a_role_is_told_what_it_may_send_beside_what_holds_for_all(tmp_path: Path) -> None:
    """What a role does not say is as for all; pages are no longer than the longest."""
    settings = loaded(tmp_path, CONFIGURATION)

    allowed = allowed_by_role(settings)

    assert allowed["desk"].terms.limits == document_limits(settings)
    assert allowed["agent"].terms.limits.max_nodes == 500_000
    assert allowed["agent"].terms.limits.max_depth == 30
    assert allowed["partner"].terms.limits.max_depth == 12
    assert allowed["partner"].terms.limits.max_characters == 2000
    assert allowed["partner"].lists == Limits(default_first=10, max_first=10)
    assert allowed["desk"].lists == Limits(default_first=20, max_first=100)


def test_in_production_the_schema_is_for_those_who_are_named(tmp_path: Path) -> None:
    """There is no GraphiQL either; both can be had all the same."""
    settings = loaded(tmp_path, CONFIGURATION)
    other = loaded(tmp_path, "server: {profile: production, graphiql: true, introspection: true}")

    allowed = allowed_by_role(settings)

    assert {name for name, each in allowed.items() if each.terms.allows_introspection} == {"agent"}
    assert (settings.server.graphiql, settings.server.introspection) == (False, False)
    assert (other.server.graphiql, other.server.introspection) == (True, True)


def test_roles_of_which_the_same_is_said_share_their_terms(tmp_path: Path) -> None:
    """Documents that one of them sent are known to be within the limits of the other."""
    allowed = allowed_by_role(loaded(tmp_path, CONFIGURATION))

    assert allowed["partner"].terms is allowed["customer"].terms
