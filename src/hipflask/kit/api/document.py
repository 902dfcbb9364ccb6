"""The OpenAPI 3.1 document of an API, from the same declarations that its views are made of."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from hipflask.kit.web.problem_types import BY_SLUG

from . import exports, incoming
from .answers import Created, Export, Page
from .idempotency import HEADER as IDEMPOTENCY_KEY
from .idempotency import PATTERN as KEY_PATTERN
from .operation import Operation
from .selection import Fields, members_in_order

if TYPE_CHECKING:
    from .openapi import Api
    from .resource import Resource

_REFERENCE: Final = "#/components/schemas/{name}"
_PLACEHOLDER: Final = re.compile(r"<(?:[a-z]+(?:\([^)]*\))?:)?([a-z_]+)>")
_PROBLEM: Final = "application/problem+json"

_PROBLEM_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "retry_after": {"type": "integer", "description": "Seconds."},
        "errors": {
            "type": "array",
            "description": "One entry for each member or parameter that does not fit.",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}

_HEADERS: Final[Mapping[str, Any]] = {
    "ETag": {"schema": {"type": "string"}, "description": "The version (RFC 9110 section 8.8.3)."},
    "Location": {"schema": {"type": "string", "format": "uri-reference"}},
    "Link": {"schema": {"type": "string"}, "description": 'The next page, as rel="next".'},
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."},
    "WWW-Authenticate": {"schema": {"type": "string"}},
    "Allow": {"schema": {"type": "string"}},
}

_SECURITY: Final[Mapping[str, Any]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of Supabase Auth.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__session",
        "description": "The session of the site's own pages; all but GET needs X-CSRF-Token, too.",
    },
}

#: Problems of each operation, whatever it does.
_ALWAYS: Final = ("bad-request", "not-acceptable", "invalid-input", "too-many-requests")
_AWAY: Final = ("server-error", "database-away")


def document_of(api: Api) -> dict[str, Any]:
    """Return the document."""
    schemas = _Schemas(api)
    paths: dict[str, dict[str, Any]] = {}
    for resource in api.resources:
        for operation in resource.operations:
            path = _PLACEHOLDER.sub(r"{\1}", f"{api.prefix}{resource.path}{operation.path}")
            entry = _operation(operation, resource, schemas)
            paths.setdefault(path, {})[operation.method.lower()] = entry
    return {
        "openapi": "3.1.0",
        "info": {"title": api.title, "version": api.version, "description": api.about},
        "paths": paths,
        "tags": [{"name": each.name, "description": each.about} for each in api.resources],
        "components": {
            "schemas": {**schemas.components, "Problem": dict(_PROBLEM_SCHEMA)},
            "securitySchemes": dict(_SECURITY),
        },
    }


class _Schemas:
    """The schemas of all types that the API speaks of, each named once."""

    def __init__(self, api: Api) -> None:
        spoken = [kind for each in api.resources for one in each.operations for kind in _kinds(one)]
        self._types = list(dict.fromkeys(spoken))
        made, self.components = msgspec.json.schema_components(self._types, ref_template=_REFERENCE)
        self._made = dict(zip(self._types, made, strict=True))
        for schema in self.components.values():
            if schema.get("type") == "object" and "properties" in schema:
                schema.setdefault("additionalProperties", False)

    def of(self, kind: Any) -> dict[str, Any]:
        """Return the schema of a type, usually a reference."""
        schema: dict[str, Any] = self._made[kind]
        return schema

    def with_choice(self, kind: Any) -> dict[str, Any]:
        """Return the schema of a type of which a client may ask for some members only."""
        reference = self._made[kind]["$ref"]
        name = reference.rpartition("/")[2]
        part = copy.deepcopy(self.components[name])
        part.pop("required", None)
        part["title"] = f"{name}Part"
        self.components[f"{name}Part"] = part
        return {"$ref": _REFERENCE.format(name=f"{name}Part")}

    def members(self, kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
        """Return the schemas of a struct's members, and the names of those that are required."""
        schema = self.components[self._made[kind]["$ref"].rpartition("/")[2]]
        return schema["properties"], frozenset(schema.get("required", ()))


def _kinds(operation: Operation) -> Iterator[Any]:
    for kind in (operation.body, operation.query, operation.value):
        if kind is not None:
            yield kind


def _operation(operation: Operation, resource: Resource, schemas: _Schemas) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "operationId": f"{resource.name}_{operation.name}",
        "tags": [resource.name],
        "summary": operation.summary,
        "description": _description(operation),
        "parameters": list(_parameters(operation, schemas)),
        "responses": _responses(operation, resource, schemas),
    }
    if not operation.who.open_to_all:
        entry["security"] = [{"token": []}, {"session": []}]
    if operation.body is not None:
        kind = incoming.MERGE_PATCH if operation.method == "PATCH" else incoming.JSON
        content = {each: {"schema": schemas.of(operation.body)} for each in {incoming.JSON, kind}}
        entry["requestBody"] = {"required": True, "content": dict(sorted(content.items()))}
    return entry


def _description(operation: Operation) -> str:
    who = f"For {operation.who.label}."
    return f"{operation.description}\n\n{who}".strip()


def _parameters(operation: Operation, schemas: _Schemas) -> Iterator[dict[str, Any]]:
    for name, kind in operation.path_types.items():
        schema = {"type": "string"}
        if kind is UUID:
            schema["format"] = "uuid"
        elif kind is int:
            schema = {"type": "integer", "minimum": 0}  # type: ignore[dict-item]
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if operation.query is not None:
        members, required = schemas.members(operation.query)
        for name, schema in members.items():
            if name == "fields" and issubclass(operation.query, Fields):
                schema = _choice(operation.value)
            yield {"name": name, "in": "query", "required": name in required, "schema": schema}
    if operation.takes_match:
        yield _header("If-Match", "The ETag of what was seen: a newer version is not changed.")
    if operation.method == "GET" and operation.version:
        yield _header("If-None-Match", "The ETag of what is known: 304 if it is still the same.")
    if operation.method == "POST":
        yield _header(IDEMPOTENCY_KEY, "Sent again within a day, the request is not done again.")


def _choice(kind: Any) -> dict[str, Any]:
    names = "|".join(members_in_order(kind))
    return {
        "type": "string",
        "description": "The members to send, separated by commas; all by default.",
        "pattern": f"^(?:(?:{names})(?:,(?:{names}))*)?$",
    }


def _header(name: str, about: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if name == IDEMPOTENCY_KEY:
        schema["pattern"] = KEY_PATTERN
    return {"name": name, "in": "header", "required": False, "description": about, "schema": schema}


def _responses(operation: Operation, resource: Resource, schemas: _Schemas) -> dict[str, Any]:
    answers = {str(operation.status): _success(operation, resource, schemas)}
    if operation.method == "GET" and (operation.version or operation.wrapper is Page):
        answers["304"] = {"description": "Nothing has changed.", "headers": _named("ETag")}
    by_status: dict[int, list[str]] = {}
    for slug in _slugs(operation):
        by_status.setdefault(BY_SLUG[slug].status, []).append(slug)
    for status, slugs in sorted(by_status.items()):
        answers[str(status)] = _problem(status, slugs)
    return answers


def _slugs(operation: Operation) -> Iterator[str]:
    yield from _ALWAYS
    if not operation.who.open_to_all:
        yield from ("sign-in-needed", "token-rejected", "second-factor-needed", "one-time-token")
    if operation.who.scope:
        yield "forbidden"
    if operation.path_types or operation.wrapper is Page:
        yield "not-found"
    if operation.body is not None:
        yield from ("too-large", "unsupported-type")
    if operation.takes_match:
        yield "changed-meanwhile"
    if operation.method == "POST":
        yield from ("request-under-way", "key-reused")
    yield from operation.raises
    yield from _AWAY


def _problem(status: int, slugs: list[str]) -> dict[str, Any]:
    titles = "; ".join(f"{BY_SLUG[slug].title} (`{slug}`)" for slug in slugs)
    problem: dict[str, Any] = {
        "description": titles,
        "content": {_PROBLEM: {"schema": {"$ref": _REFERENCE.format(name="Problem")}}},
    }
    if status in (429, 503):
        problem["headers"] = _named("Retry-After")
    if status == 401:
        problem["headers"] = _named("WWW-Authenticate")
    return problem


def _success(operation: Operation, resource: Resource, schemas: _Schemas) -> dict[str, Any]:
    if operation.value is None:
        return {"description": "Done."}
    schema = schemas.of(operation.value)
    if operation.query is not None and issubclass(operation.query, Fields):
        schema = schemas.with_choice(operation.value)
    if operation.wrapper is Export:
        content = {exports.CSV: {"schema": {"type": "string"}}}
        content[exports.NDJSON] = {"schema": {"type": "string"}}
        return {"description": "Everything, as it is read.", "content": content}
    headers: list[str] = ["ETag"] if operation.version else []
    answer: dict[str, Any] = {"description": operation.summary}
    if operation.wrapper is Page:
        headers = ["ETag", "Link"]
        schema = _page_of(schema)
    if operation.wrapper is Created:
        headers.append("Location")
        if "id" in schemas.members(operation.value)[0] and (links := _links(resource)):
            answer["links"] = links
    answer["content"] = {incoming.JSON: {"schema": schema}}
    if headers:
        answer["headers"] = _named(*headers)
    return answer


def _page_of(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": item},
            "next": {"type": ["string", "null"], "description": "The address of the next page."},
        },
        "additionalProperties": False,
    }


def _links(resource: Resource) -> dict[str, Any]:
    """Return where one may go with what was created: operations that want its id."""
    return {
        operation.name: {
            "operationId": f"{resource.name}_{operation.name}",
            "parameters": dict.fromkeys(operation.path_types, "$response.body#/id"),
        }
        for operation in resource.operations
        if list(operation.path_types.values()) == [UUID]
    }


def _named(*names: str) -> dict[str, Any]:
    return {name: _HEADERS[name] for name in names}
