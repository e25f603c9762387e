"""Who asks: a person, a program or nobody in particular."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who asks, and what is known of them.

    `roles` are those that the viewer may act in, `role` the one that this request acts in. `claims`
    are facts such as the partner or the departments; `purpose` is what the data is for.
    `credential` says by which key, subject of a token or name they came in; it is no secret.
    """

    name: str = "anonymous"
    roles: tuple[str, ...] = ()
    role: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    purpose: str | None = None
    credential: str | None = None


ANYBODY = Viewer()
"""Who asks where the configuration does not say who may."""
