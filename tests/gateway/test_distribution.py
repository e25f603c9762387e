"""Whether the environment is ours."""

from gateway.distribution import refusal


def test_an_environment_of_its_own_is_fine() -> None:
    """Installed as a wheel, as editable, or not at all; however the name is spelled."""
    assert refusal({}) is None
    assert refusal({"schema": ["Customer360_Gateway"], "yaml": ["PyYAML"]}) is None


def test_another_distribution_with_a_package_of_our_name_is_refused_in_words() -> None:
    """PyPI has a `schema`; whoever comes later would overwrite files of the other."""
    providers = {
        "schema": ["schema", "customer360-gateway"],
        "domain": ["zeta", "alpha", "alpha"],
        "yaml": ["PyYAML"],
    }

    assert refusal(providers) == (
        "The gateway cannot run in this environment, since other distributions provide packages of"
        " the same name: 'schema' by schema, 'domain' by alpha and zeta. Uninstall these, or give"
        " the gateway an environment of its own, for example with: uv tool install"
        " customer360-gateway"
    )
