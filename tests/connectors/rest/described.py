"""A fake service made from its OpenAPI document alone: it answers what the document promises.

It reads the document by itself, so that a mistake of ours in reading it is not made twice. It
refuses parameters that the document does not name, and who does not show what it asks for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

DOCUMENTS = Path(__file__).parent / "documents"
COUNT = 11
SECRET = "hush"
_ACCESS = {
    "http": "Basic aHVzaDpodXNo",
    "oauth2": "Bearer hush-token",
}


@dataclass
class Described:
    """The service of a document; `log` has the path and query of every request."""

    document: Any
    log: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, name: str) -> "Described":
        """The service of a document in the folder of documents."""
        text = (DOCUMENTS / name).read_text()
        return cls(json.loads(text) if name.endswith("json") else yaml.safe_load(text))

    def written(self, folder: Path, url: str, *, name: str) -> Path:
        """The document, as it would be published at an address where the service runs."""
        schemes = self.document["components"]["securitySchemes"]
        for scheme in schemes.values():
            for flow in scheme.get("flows", {}).values():
                flow["tokenUrl"] = f"{url}/token"
        file = folder / name
        document = self.document | {"servers": [{"url": url}]}
        is_json = name.endswith("json")
        text = json.dumps(document) if is_json else yaml.safe_dump(document, allow_unicode=True)
        file.write_text(text)
        return file

    def app(self) -> Starlette:
        """The service as an ASGI application."""
        routes = [Route("/token", self._token, methods=["POST"])]
        # Those without a placeholder first: `/orders/latest` is no order.
        paths = sorted(self.document["paths"], key=lambda each: str(each).count("{"))
        return Starlette(routes=[*routes, *(Route(p, self._answering(p)) for p in paths)])

    async def _token(self, request: Request) -> Response:
        form = {name: each[0] for name, each in parse_qs((await request.body()).decode()).items()}
        if (form["client_id"], form["client_secret"]) != (SECRET, SECRET):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        return JSONResponse({"access_token": "hush-token", "expires_in": 3600})

    def _answering(self, path: str) -> Any:
        item = self.document["paths"][path]
        asked = item["get"]
        given = [*item.get("parameters", []), *asked.get("parameters", [])]
        params = {each["name"]: each for each in map(self._resolved, given)}
        response = asked["responses"]["200"]
        schema = response["content"]["application/json"]["schema"]
        known = {*params, *(["from"] if "headers" in response else [])}

        async def endpoint(request: Request) -> Response:
            self.log.append(f"{request.url.path}?{request.url.query}")
            query = dict(request.query_params)
            if not self._lets_in(request):
                return JSONResponse({"error": "who are you?"}, status_code=401)
            if strange := set(query) - known:
                return JSONResponse({"error": f"no {strange}"}, status_code=400)
            if path.endswith("}"):
                return self._one(schema, path, next(iter(request.path_params.values())))
            records = self._records(path, request.path_params)
            found = self._chosen(records, query)
            return self._page(request, schema, found, params=params, is_linked="from" in known)

        return endpoint

    def _lets_in(self, request: Request) -> bool:
        (scheme,) = self.document["components"]["securitySchemes"].values()
        if scheme["type"] == "apiKey":
            return request.headers.get(scheme["name"]) == SECRET
        return request.headers.get("authorization") == _ACCESS[scheme["type"]]

    def _one(self, schema: Any, path: str, key: str) -> Response:
        above = path.rpartition("/")[0]
        for record in self._records(above, {}):
            if str(record["id"]) == key:
                return JSONResponse(self._filled(schema, record))
        return JSONResponse({"error": "none"}, status_code=404)

    def _filled(self, schema: Any, record: Any) -> Any:
        properties = self._merged(schema)["properties"]
        return record if "id" in properties else {next(iter(properties)): record}

    def _records(self, path: str, above: Mapping[str, Any]) -> list[dict[str, Any]]:
        asked = self.document["paths"][path]["get"]
        schema = asked["responses"]["200"]["content"]["application/json"]["schema"]
        merged = self._merged(schema)
        if "items" not in merged:
            lists = (self._merged(each) for each in merged["properties"].values())
            merged = next(each for each in lists if "items" in each)
        made = [self._example(merged["items"], number, "", 3) for number in range(1, COUNT + 1)]
        return [each for each in made if not above or _customer(each) in above.values()]

    def _chosen(self, records: list[dict[str, Any]], query: Mapping[str, str]) -> Any:
        wanted = query.get("requester_id") or query.get("customer")
        if wanted is None:
            return records
        return [each for each in records if _customer(each) in wanted.split(",")]

    def _page(
        self, request: Request, schema: Any, records: Any, *, params: Any, is_linked: bool
    ) -> Response:
        query = request.query_params
        sizes = [name for name in ("per_page", "limit", "pageSize") if name in params]
        most = self._merged(params[sizes[0]]["schema"]).get("maximum", 4) if sizes else 4
        size = min(int(query.get(sizes[0], most)) if sizes else most, most, 4)
        start = int(query.get("offset", 0)) or size * (int(query.get("page", 1)) - 1)
        start = start or int(query.get("cursor", "c0")[1:]) or int(query.get("from", 0))
        if "starting_after" in query:
            ids = [each["id"] for each in records]
            start = ids.index(query["starting_after"]) + 1
        is_last = start + size >= len(records)
        beside = {
            "total": len(records),
            "has_more": not is_last,
            "warnings": [],
            "nextCursor": None if is_last else f"c{start + size}",
        }
        body = self._envelope(schema, records[start : start + size], beside)
        link = {"Link": f"<{request.url.path}?from={start + size}>; rel=next"}
        return JSONResponse(body, headers=link if is_linked and not is_last else {})

    def _envelope(self, schema: Any, records: Any, beside: Mapping[str, Any]) -> Any:
        merged = self._merged(schema)
        if "items" in merged:
            return records
        made = {}
        for name, each in merged["properties"].items():
            is_told = name in beside
            made[name] = beside[name] if is_told else self._envelope(each, records, beside)
        return made

    def _example(self, schema: Any, number: int, name: str, depth: int) -> Any:
        merged = self._merged(schema)
        if "properties" in merged:
            return {
                each: self._example(inner, number, each, depth - 1)
                for each, inner in merged["properties"].items()
                if depth or each == "id"
            }
        if "items" in merged:
            return [self._example(merged["items"], number, name, 1)] if depth else []
        if "enum" in merged:
            return merged["enum"][number % len(merged["enum"])]
        return _scalar(merged, number, name)

    def _merged(self, schema: Any) -> dict[str, Any]:
        found = self._resolved(schema)
        merged: dict[str, Any] = {"properties": {}}
        others = [*found.get("oneOf", []), *found.get("anyOf", [])]
        others = [each for each in others if each.get("type") != "null"]
        for part in [*found.get("allOf", []), *others[:1]]:
            inner = self._merged(part)
            merged["properties"] |= inner.pop("properties", {})
            merged |= inner
        merged["properties"] |= found.get("properties", {})
        merged |= {each: value for each, value in found.items() if each != "properties"}
        if not merged["properties"]:
            del merged["properties"]
        return merged

    def _resolved(self, node: Any) -> Any:
        while "$ref" in node:
            parts = node["$ref"].split("/")[1:]
            node = self.document
            for part in parts:
                node = node[part]
        return node


def _customer(record: Mapping[str, Any]) -> str:
    found = record.get("customer") or record.get("requester")
    return str(found["id"] if isinstance(found, Mapping) else found)


def _scalar(schema: Mapping[str, Any], number: int, name: str) -> Any:
    types: Any = schema.get("type")
    kind = next(each for each in ([types] if isinstance(types, str) else types) if each != "null")
    if kind == "integer":
        base = 1_767_225_600 if schema.get("format") == "unix-time" else 1000
        return base + number if "format" in schema or name in {"amount", "price"} else number
    if schema.get("format") == "date-time":
        return f"2026-01-{number:02d}T10:00:00Z"
    texts = {
        "amount": f"10.{number:02d}",
        "currency": "EUR",
        "email": f"user{number}@example.com",
        "address": f"user{number}@example.com",
        "id": f"id-{number}",
        "customer": f"id-{number}",
    }
    return texts.get(name, f"{name} 编号 {number}")
