"""Certificates for tests: an authority, a server at 127.0.0.1 and a client, as PEM files."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "hush-password"
_NOW = datetime.now(UTC)
_Key = ec.EllipticCurvePrivateKey


def written(folder: Path) -> None:
    """Write `ca.pem`, `server.{crt,key}`, `client.{crt,key}`, and `locked.key` with a password."""
    authority = ec.generate_private_key(ec.SECP256R1())
    root = _certificate("authority", authority.public_key(), authority, is_authority=True)
    (folder / "ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    for name in ("server", "client"):
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(name, key.public_key(), authority, is_authority=False)
        (folder / f"{name}.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}.key").write_bytes(_pem(key, serialization.NoEncryption()))
        if name == "client":
            locked = serialization.BestAvailableEncryption(PASSWORD.encode())
            (folder / "locked.key").write_bytes(_pem(key, locked))


def _pem(key: _Key, encryption: serialization.KeySerializationEncryption) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, encryption)


def _certificate(
    name: str, key: ec.EllipticCurvePublicKey, signer: _Key, *, is_authority: bool
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOW - timedelta(days=1))
        .not_valid_after(_NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
