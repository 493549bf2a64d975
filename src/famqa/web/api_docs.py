"""The page that shows the API to people: made here from the OpenAPI description, with nothing from elsewhere in it."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response

_CSS = """\
:root { color-scheme: light dark; --ink: light-dark(#1c2430, #e6eaf0); --soft: light-dark(#5a6675, #a3adba);
  --line: light-dark(#d9dfe7, #35404d); --paper: light-dark(#fff, #12171d); --code: light-dark(#f3f6f9, #1b222b);
  --accent: light-dark(#0b5cad, #8fc1f5); }
body { margin: 0 auto; max-width: 56rem; padding: 2rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; font-size: 1.25rem; }
a { color: var(--accent); }
code, pre, .method { font-family: ui-monospace, Consolas, "DejaVu Sans Mono", monospace; font-size: .9em; }
pre { background: var(--code); padding: .75rem 1rem; border-radius: .5rem; overflow-x: auto; }
section { border-top: 1px solid var(--line); padding-top: .5rem; margin-top: 1.5rem; }
.method { font-weight: 700; color: var(--accent); }
.soft { color: var(--soft); }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
"""


def add_page(api: FastAPI) -> None:
    """Serves the page at `/docs` of the API."""

    @api.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return HTMLResponse(page(api.openapi()))

    @api.get("/docs.css", include_in_schema=False)
    def css() -> Response:
        return Response(_CSS, media_type="text/css")


def page(description: dict[str, Any]) -> str:
    """The HTML of an OpenAPI description."""
    info = description["info"]
    schemas = description.get("components", {}).get("schemas", {})
    operations = [
        _operation(method, path, operation, schemas)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    shown = {name: schema for name, schema in schemas.items() if "ValidationError" not in name}
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>famqa: the API</title><link rel="stylesheet" href="docs.css"></head><body><main>'
        f'<h1>The API of famqa</h1><p>{escape(info["description"])}</p><p class="soft">Version '
        f'{escape(info["version"])}. A program reads the same in <a href="openapi.json">openapi.json</a>. '
        'A refusal is one line: <code>{"error": "…"}</code>. <a href="../">Back to the questions</a></p>'
        + "".join(operations)
        + "<h2>What is sent and given</h2>"
        + "".join(_schema(name, schema) for name, schema in sorted(shown.items()))
        + "</main></body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    rows = [
        _field(
            f"{each['name']} ({each['in']})", each["schema"], each.get("description", ""), each.get("required", False)
        )
        for each in operation.get("parameters", [])
    ]
    body = operation.get("requestBody", {}).get("content", {})
    sent = "".join(
        f"<p>Takes {_type(content['schema'])} as <code>{escape(kind)}</code>.</p>" for kind, content in body.items()
    )
    answers = "".join(_answer(status, answer) for status, answer in sorted(operation["responses"].items()))
    return (
        f'<section><h2><span class="method">{method.upper()}</span> <code>/api{escape(path)}</code></h2>'
        f"<p><strong>{escape(operation.get('summary', ''))}.</strong> {_told(operation.get('description', ''))}</p>"
        f"{_table(rows)}{sent}{_example(method, path, operation, schemas)}<ul>{answers}</ul></section>"
    )


def _answer(status: str, answer: dict[str, Any]) -> str:
    content = answer.get("content", {}).get("application/json")
    given = f": {_type(content['schema'])}" if content and status.startswith("2") else ""
    what = "" if status.startswith("2") else f" {escape(answer['description'])}"
    return f"<li><code>{status}</code>{what}{given}</li>"


def _example(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    """A curl command, where the body has an example or there is none to send."""
    body = operation.get("requestBody", {}).get("content", {})
    address = f"http://127.0.0.1:7860/api{path}".replace("{doc_id}", "reports/lighthouse.txt")
    command = ["curl"]
    if method == "delete":
        command.append("-X DELETE")
    if "multipart/form-data" in body:
        command.append("-F file=@report.pdf")
    elif body:
        schema = body["application/json"]["schema"]
        name = next((part["$ref"] for part in [schema, *schema.get("anyOf", [])] if "$ref" in part), "").split("/")[-1]
        fields = schemas.get(name, {}).get("properties", {})
        example = {key: field["examples"][0] for key, field in fields.items() if field.get("examples")}
        command.append(f"--json '{json.dumps(example)}'")
    elif method == "get" and any(
        each.get("required") and each["in"] == "query" for each in operation.get("parameters", [])
    ):
        command.append("-G --data-urlencode 'question=Who designed the lighthouse?'")
    return f'<pre tabindex="0">{escape(" ".join([*command, address]))}</pre>'


def _schema(name: str, schema: dict[str, Any]) -> str:
    needed = schema.get("required", [])
    rows = [
        _field(key, field, field.get("description", ""), key in needed and name.endswith("Request"))
        for key, field in schema.get("properties", {}).items()
    ]
    about = _told(schema.get("description", ""))
    return f'<section id="{escape(name)}"><h3><code>{escape(name)}</code></h3><p>{about}</p>{_table(rows)}</section>'


def _field(name: str, schema: dict[str, Any], about: str, is_needed: bool) -> str:
    notes = [about, "required" if is_needed else ""]
    notes += [f"default {json.dumps(schema['default'])}" if "default" in schema else ""]
    notes += [f"{said} {schema[key]}" for key, said in _BOUNDS.items() if key in schema]
    told = "; ".join(_told(note) for note in notes if note)
    return f"<tr><td><code>{escape(name)}</code></td><td>{_type(schema)}</td><td>{told}</td></tr>"


_BOUNDS = {"minimum": "at least", "maximum": "at most", "maxLength": "longest", "maxItems": "most items"}


def _table(rows: list[str]) -> str:
    return f'<div class="wide"><table><tbody>{"".join(rows)}</tbody></table></div>' if rows else ""


def _told(text: str) -> str:
    """A description, what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _type(schema: dict[str, Any]) -> str:
    """The type in words, a schema of ours as a link to where it stands."""
    if "$ref" in schema:
        name = escape(schema["$ref"].split("/")[-1])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if "enum" in schema:
        return " or ".join(escape(json.dumps(value)) for value in schema["enum"])
    return escape(schema.get("format") or schema.get("type", "any"))
