"""An identity provider for tests: key pairs, their public set, and tokens that it signs."""

from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ISSUER = "https://login.example.com/acme"
AUDIENCE = "customer360"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "小红",
    "exp": NOW.timestamp() + 600,
    "roles": ["agent"],
}

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def key_set(**keys: Any) -> dict[str, Any]:
    """The public set of some private keys by their id."""
    return {"keys": [{**_public(each), "kid": name, "use": "sig"} for name, each in keys.items()]}


def token(key: Any = RSA, *, kid: str | None = "one", alg: str = "RS256", **changes: Any) -> str:
    """A token signed with a key; claims as changed, those changed to `None` are left out."""
    claims = {name: each for name, each in {**CLAIMS, **changes}.items() if each is not None}
    return jwt.encode(claims, key, algorithm=alg, headers={"kid": kid} if kid else None)


def _public(key: Any) -> dict[str, Any]:
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    found: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)
    return found
