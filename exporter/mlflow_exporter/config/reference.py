"""The user's reference of every key, from the settings and their descriptions.

    python -m mlflow_exporter.config.reference

writes config.schema.json and configuration.md to docs/.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from mlflow_exporter.config.mistakes import spell
from mlflow_exporter.config.schema import Schema, json_schema, plain, sections
from mlflow_exporter.config.section import Section
from mlflow_exporter.config.settings import Settings
from mlflow_exporter.config.web import WebSettings

_HEAD = """\
<!-- Made by `make docs` from the descriptions in exporter/mlflow_exporter/config/. -->

# Configuration

One YAML file, checked whole before anything starts: an unknown key, a wrong type or keys that contradict each other
are errors with their line, path and a suggestion, all of them at once. `mlflow-exporter check` does only that and tries
every connection; `mlflow-exporter init` writes a first file. [config.schema.json](config.schema.json) makes editors
complete and check the file:

```yaml
# yaml-language-server: $schema=config.schema.json
```

- A **duration** is a number and a unit, as Prometheus writes it: `30s`, `5m`, `1h30m`, `7d`.
- A **relative path**, `sqlite:///` URLs included, starts at the folder of the configuration file.
- **Files of rows** are CSV with a header (or TSV), JSON lines or Parquet; text may be compressed (gzip, bzip2,
  Zstandard). A row of CSV is one line: one with a line break in a quoted value is rejected as `malformed`. Where values
  have line breaks, write JSON lines or Parquet. An empty field of CSV is a missing value; in JSON lines and Parquet
  that is `null`, and an empty text is a category of its own, which a baseline made from CSV has not.
- **`${VARIABLE}`** in any text is replaced from the environment; one that is not set is an error.
  `$${` is a literal `${`. Numbers and switches cannot come from there.
- **Secrets** belong in the environment or in the file of a `*_file` key. Passwords in URLs are hidden on `/config`, in
  the log and in errors.
- Models with the same settings can share them by YAML's anchors: `- &usual {…}`, then `- <<: *usual`.

[config.example.yml](config.example.yml) has every key.
"""

WEB_EXAMPLE = """\
tls_server_config:
  cert_file: exporter.crt
  key_file: exporter.key
  client_auth_type: RequireAndVerifyClientCert # clients need a certificate, too
  client_ca_file: clients.crt
  min_version: TLS12
  max_version: TLS13
basic_auth_users:
  prometheus: "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi" # htpasswd -nBC 10 "" | tr -d ':\\n'
http_server_config:
  http2: false
  headers:
    Content-Security-Policy: default-src 'self'
    X-Frame-Options: deny
    X-Content-Type-Options: nosniff
    X-XSS-Protection: "1"
    Strict-Transport-Security: max-age=31536000
"""

_WEB_HEAD = f"""
# The web configuration

`mlflow-exporter run --web.config.file web.yml` guards everything that it serves, `/metrics` included, by TLS, by
passwords, or by both. The format is that of Prometheus' own exporters
([exporter-toolkit](https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md)); a key of
theirs that is not below is an error. The file and the certificates are read anew when they change; one that is wrong
then is logged and changes nothing. Whether there is TLS is decided at the start.

```yaml
{WEB_EXAMPLE}```
"""

_TABLE = "| key | type | default | meaning |\n|---|---|---|---|"


def documents() -> Mapping[str, str]:
    """File name to text of each generated document."""
    return {
        "config.schema.json": json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n",
        "configuration.md": "".join(_reference()),
    }


def _reference() -> Iterator[str]:
    yield _HEAD
    yield from _tables(Settings)
    yield _WEB_HEAD
    yield from _tables(WebSettings)


def _tables(root: type[Section]) -> Iterator[str]:
    for place, section in sections(root):
        title = f"`{spell(place)}`" if place else "The file"
        lines = [_row(name, value, section) for name, value in section["properties"].items()]
        yield "\n".join(["", f"## {title}", "", section["description"], "", _TABLE, *lines, ""])


def _row(name: str, value: Schema, section: Schema) -> str:
    schema = plain(value)
    return f"| `{name}` | {_type(schema)} | {_default(name, value, section)} | {schema['description']} |"


def _default(name: str, value: Schema, section: Schema) -> str:
    if name in section.get("required", ()):
        return "required"
    default = value.get("default")
    return "" if default in (None, {}, []) else f"`{json.dumps(default)}`"


def _type(schema: Schema) -> str:
    """The type in a few words.

    >>> _type({"type": "array", "items": {"enum": ["a", "b"]}})
    'list of `a`, `b`'
    """
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return " or ".join(_type(choice) for choice in schema["anyOf"] if choice.get("type") != "null")
    if "items" in schema:
        return f"list of {_type(plain(schema['items']))}"
    if "additionalProperties" in schema and "properties" not in schema:
        return f"name to {_type(plain(schema['additionalProperties']))}"
    return "section" if "oneOf" in schema else _plain_type(schema)


def _plain_type(schema: Schema) -> str:
    names = {"string": "text", "boolean": "`true`, `false`", "object": "section", "integer": "whole number"}
    if schema.get("format") == "duration-prometheus":
        return "duration"
    return names.get(schema["type"], str(schema["type"]))


if __name__ == "__main__":
    for name, text in documents().items():
        (Path("docs") / name).write_text(text, encoding="utf-8")
