"""Where an API is and how it lets in: `base_url` and `auth`, with secrets from the environment."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from connectors.rest.openapi.document import Document, Node


def base_url(document: Document, address: str | None, name: str) -> str:
    """The first server; an environment variable where the document does not say where it is."""
    servers = document.root.get("servers")
    first = document.resolved(servers[0]) if isinstance(servers, list) and servers else {}
    variables = document.resolved(first.get("variables"))

    def default(match: re.Match[str]) -> str:
        return str(document.resolved(variables.get(match[1])).get("default", match[0]))

    text = re.sub(r"\{([^}]+)\}", default, str(first.get("url") or "/"))
    whole = urljoin(address, text) if address else text
    parts = urlsplit(whole)
    if parts.scheme in {"http", "https"} and parts.hostname and "{" not in whole:
        return parts._replace(query="", fragment="").geturl().rstrip("/")
    return f"${{{_variable(name, 'URL')}}}"


def auth(document: Document, name: str, wanted: Sequence[Sequence[Node] | None]) -> dict[str, Any]:
    """The first way in that we know of those that the document, or its operations, ask for."""
    schemes = document.resolved(
        document.resolved(document.root.get("components")).get("securitySchemes")
    )
    asked = [document.root.get("security"), *wanted]
    for requirements in asked:
        for requirement in requirements if isinstance(requirements, list) else ():
            made = _together(document, schemes, requirement, name)
            if made:
                return made
    return {}


def _together(document: Document, schemes: Node, requirement: object, name: str) -> dict[str, Any]:
    """All that one requirement names; nothing where we know one of them not."""
    made: dict[str, Any] = {}
    for each in requirement if isinstance(requirement, Mapping) else ():
        part = _scheme(document.resolved(schemes.get(each)), name)
        if not part:
            return {}
        made |= part
    return made


def _scheme(scheme: Node, name: str) -> dict[str, Any]:
    match scheme.get("type"), str(scheme.get("scheme", "")).lower():
        case "http", "basic":
            user, password = _secret(name, "USER"), _secret(name, "PASSWORD")
            return {"basic": {"user": user, "password": password}}
        case ("http", "bearer") | ("openIdConnect", _):
            return {"bearer": _secret(name, "TOKEN")}
        case "apiKey", _:
            return _key(scheme, name)
        case "oauth2", _:
            return _oauth(scheme, name)
        case "mutualTLS", _:
            certificate, key = _secret(name, "CERTIFICATE"), _secret(name, "CERTIFICATE_KEY")
            return {"tls": {"certificate": certificate, "key": key}}
    return {}


def _key(scheme: Node, name: str) -> dict[str, Any]:
    header, value = str(scheme.get("name")), _secret(name, "KEY")
    place = scheme.get("in")
    if place == "cookie":
        return {"headers": {"Cookie": f"{header}={value}"}}
    return {"api_key": {str(place): header, "value": value}}


def _oauth(scheme: Node, name: str) -> dict[str, Any]:
    flows = scheme.get("flows")
    known = flows if isinstance(flows, Mapping) else {}
    client = {
        "client_id": _secret(name, "CLIENT_ID"),
        "client_secret": _secret(name, "CLIENT_SECRET"),
    }
    for flow in ("clientCredentials", "authorizationCode", "password"):
        found = known.get(flow)
        url = found.get("tokenUrl") if isinstance(found, Mapping) else None
        if not isinstance(found, Mapping) or not str(url).startswith(("http://", "https://")):
            continue
        made: dict[str, Any] = {"token_url": url} | client
        if flow != "clientCredentials":
            made["refresh_token"] = _secret(name, "REFRESH_TOKEN")
        elif isinstance(found.get("scopes"), Mapping) and found["scopes"]:
            made["scope"] = " ".join(_reading(list(found["scopes"])))
        return {"oauth2": made}
    return {"bearer": _secret(name, "TOKEN")}


def _reading(scopes: Sequence[str]) -> Sequence[str]:
    """The scopes that read, where some say so; we write nothing."""
    return [each for each in scopes if "read" in each.lower()] or scopes


def _secret(name: str, what: str) -> str:
    return f"${{{_variable(name, what)}}}"


def _variable(name: str, what: str) -> str:
    return re.sub(r"\W", "_", f"{name}_{what}").upper()
