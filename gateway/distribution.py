"""Whether this environment is ours: no other distribution may provide one of our packages."""

import re
from collections.abc import Mapping, Sequence

DISTRIBUTION = "customer360-gateway"
PACKAGES = ("gateway", "schema", "resolvers", "connectors", "domain", "migrations")


def refusal(providers: Mapping[str, Sequence[str]]) -> str | None:
    """Why the gateway must not start here and what to do, or nothing where all is well.

    `providers` says which distributions provide a package, as
    `importlib.metadata.packages_distributions` does.
    """
    strangers = {package: _strangers(providers.get(package, ())) for package in PACKAGES}
    named = [f"'{name}' by {' and '.join(them)}" for name, them in strangers.items() if them]
    if not named:
        return None
    return (
        "The gateway cannot run in this environment, since other distributions provide packages"
        f" of the same name: {', '.join(named)}. Uninstall these, or give the gateway an"
        f" environment of its own, for example with: uv tool install {DISTRIBUTION}"
    )


def _strangers(distributions: Sequence[str]) -> list[str]:
    return sorted({each for each in distributions if _normal(each) != DISTRIBUTION})


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
