"""The section `access`: what a beginner's mistake is answered with."""

from pathlib import Path

import pytest

from tests.gateway.config.writing import loaded, problems

MISTAKES = [
    ("access: {roles: {}}", "name at least one role under `roles`"),
    ("access: {roles: {agent: }, anonymous: agnet}", "names the role 'agnet', which is not under"),
    ("access: {roles: {agent: }, anonimous: agent}", "did you mean 'anonymous'?"),
    ("access: {roles: {a b: }}", "a b"),
    (
        "access: {roles: {a: }, issuers: [{issuer: acme, audience: x}]}",
        "the issuer is no https address: say in `keys` where its keys are",
    ),
    (
        "access: {roles: {a: }, issuers: [{issuer: acme, audience: x, keys: 'http://a.b/c'}]}",
        "`keys` must be an https address, or a file",
    ),
    (
        "access: {roles: {a: }, issuers: [{issuer: 'https://a', audience: x, algorithms: [no]}]}",
        "'no' is not known",
    ),
    (
        "access: {roles: {a: }, issuers: [{issuer: 'https://a.b', audience: x, roles: '[['}]}",
        "is no JMESPath expression",
    ),
    ("access: {roles: {a: }, proxy: {networks: [10.0.0.300/8]}}", "10.0.0.300/8"),
    ("access: {roles: {a: }, proxy: {networks: []}}", "networks"),
    ("access: {roles: {a: {reads: {ticket: {level: own}}}}}", "only customers have levels"),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    """One line, which says where and what."""
    (problem,) = problems(tmp_path, text)

    assert problem.startswith("customer360.yaml:1:")
    assert words in problem


def test_a_role_needs_no_settings_of_its_own(tmp_path: Path) -> None:
    """Its name is enough."""
    settings = loaded(tmp_path, "access: {roles: {agent: , analyst: {description: Counts.}}}")

    assert settings.access is not None
    assert list(settings.access.roles) == ["agent", "analyst"]
