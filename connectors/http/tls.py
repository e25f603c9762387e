"""Mutual TLS: the certificate that we show, and whose certificates we trust."""

import ssl
from pathlib import Path
from typing import Self

from pydantic import model_validator

from connectors.contract import Misconfigured
from connectors.http.secret import Secret, SecretSettings


class Tls(SecretSettings):
    """Certificates, as PEM files with paths relative to the configuration."""

    certificate: Path | None = None
    """The certificate that we show, with those between it and its root."""
    key: Path | None = None
    """Its private key; not needed where it stands in the file of the certificate."""
    key_password: Secret | None = None
    """The password of the private key, where it has one."""
    ca: Path | None = None
    """The certificates of those whom we trust, instead of those that everybody trusts."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.certificate is None and self.ca is None:
            raise ValueError("give a `certificate`, or a `ca`, or both")
        if self.certificate is None and (self.key or self.key_password):
            raise ValueError("a `key` needs the `certificate` that it belongs to")
        return self


def context(tls: Tls | None, *, source: str, base_dir: Path) -> ssl.SSLContext | bool:
    """What connections to a source are secured with: `True` means as usual.

    Raises `Misconfigured` where a file is missing or is not what it should be.
    """
    if tls is None:
        return True
    made = ssl.create_default_context()
    if tls.ca is not None:
        made = _trusting(base_dir / tls.ca, source)
    if tls.certificate is not None:
        _show(made, tls, base_dir / tls.certificate, source, base_dir)
    return made


def _trusting(path: Path, source: str) -> ssl.SSLContext:
    _readable(path, "ca", source)
    try:
        return ssl.create_default_context(cafile=path)
    except (ssl.SSLError, OSError) as exc:
        raise _unusable(source, "ca", path, "holds no certificates in PEM") from exc


def _show(made: ssl.SSLContext, tls: Tls, certificate: Path, source: str, base_dir: Path) -> None:
    key = base_dir / tls.key if tls.key is not None else certificate
    _readable(certificate, "certificate", source)
    _readable(key, "key", source)
    password = tls.key_password.get_secret_value() if tls.key_password else ""
    try:
        # Asked for by a function: without one OpenSSL would ask at the terminal.
        made.load_cert_chain(certificate, key, password=lambda: password)
    except (ssl.SSLError, OSError) as exc:
        why = _why(exc, certificate, has_password=bool(password))
        raise _unusable(source, "certificate", certificate, why) from exc


def _why(exc: Exception, certificate: Path, *, has_password: bool) -> str:
    reason = getattr(exc, "reason", None) or ""
    if "MISMATCH" in reason:
        return "does not belong to the private key in `key`"
    if b"-----BEGIN CERTIFICATE-----" not in certificate.read_bytes():
        return "holds no certificate in PEM"
    if has_password:
        return "comes with a key that is no private key in PEM, or whose password is another"
    return "comes with a key that is no private key in PEM, or that needs `key_password`"


def _readable(path: Path, setting: str, source: str) -> None:
    try:
        path.read_bytes()
    except OSError as exc:
        raise _unusable(source, setting, path, f"cannot be read: {exc.strerror}") from exc


def _unusable(source: str, setting: str, path: Path, why: str) -> Misconfigured:
    return Misconfigured(source, f"`auth.tls.{setting}`: the file {path} {why}")
