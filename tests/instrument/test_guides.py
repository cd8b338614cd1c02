"""Every example of the guides runs."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.parquet as pq
import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from mlflow_exporter.instrument.bins import ColumnBins, FeatureBins

GUIDES = Path(__file__).parents[2] / "docs" / "guides"


def examples(guide: str) -> list[str]:
    """The Python blocks of a guide, those in lists included."""
    text = (GUIDES / guide).read_text(encoding="utf-8")
    return [
        re.sub(rf"^{indent}", "", block, flags=re.MULTILINE)
        for indent, block in re.findall(r"^( *)```python\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    ]


def run(code: str) -> dict[str, Any]:
    """What a module of this code has."""
    module = ModuleType("example")
    sys.modules["example"] = module  # FastAPI looks annotations up there
    exec(compile(code, "example", "exec"), module.__dict__)
    return module.__dict__


def count(name: str) -> float:
    return REGISTRY.get_sample_value(name, {"model": "churn", "version": "3"}) or 0.0


def metric(text: str, name: str) -> float:
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return sum(sample.value for sample in samples if sample.name == name)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The examples write to where they run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_first_guide(folder: Path, rows_in: Any) -> None:
    """Each of its examples runs, and the first one's row is in the log."""
    names = ("<40", ">=40", "missing", "other")
    bins = FeatureBins((ColumnBins("age", names, (0.5, 0.5, 0, 0), (40,)),))
    (folder / "bins.json").write_text(bins.text())
    blocks = examples("instrument.md")
    assert len(blocks) == 5
    calls = count("ml_predictions_total")
    first = run(blocks[0])
    first["log"].close()
    assert rows_in(folder / "logs" / "churn" / "3")[0]["age"] == 44
    for block in blocks[1:]:
        run(block)
    assert count("ml_predictions_total") == calls + 2
    assert count("ml_model_load_seconds") > 0


def test_flask(folder: Path, rows_in: Any) -> None:
    """A request is answered, logged under its identifier, and seen on /metrics."""
    example = run(examples("flask.md")[0])
    client = example["app"].test_client()
    answer = client.post("/predict", json={"age": 44}, headers={"X-Request-Id": "order-1"}, buffered=True)
    assert answer.json == {"no": 0.2, "yes": 0.8}
    assert answer.headers["X-Request-Id"] == "order-1"
    assert metric(client.get("/metrics").text, "ml_predictions_total") >= 1
    example["log"].close()
    assert [(row["request_id"], row["prediction"]) for row in rows_in(folder)] == [("order-1", "yes")]


async def ask(app: Any, method: str, path: str, body: object = None) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of an ASGI application's answer to the request `order-1`."""
    sent: list[dict[str, Any]] = []
    headers = [(b"content-type", b"application/json"), (b"x-request-id", b"order-1")]
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "query_string": b"", "headers": headers}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], dict(sent[0]["headers"]), content


def test_fastapi(folder: Path, rows_in: Any) -> None:
    """A request is answered and logged once; one that does not fit is refused, and is no error."""
    pytest.importorskip("fastapi")
    example = run(examples("fastapi.md")[0])
    calls = count("ml_predictions_total")
    status, headers, body = asyncio.run(ask(example["app"], "POST", "/predict", {"age": 44, "region": "n"}))
    assert (status, headers[b"x-request-id"], json.loads(body)) == (200, b"order-1", {"no": 0.2, "yes": 0.8})
    status, _, _ = asyncio.run(ask(example["app"], "POST", "/predict", {"age": "old"}))
    assert status == 422
    _, _, text = asyncio.run(ask(example["app"], "GET", "/metrics/"))
    assert metric(text.decode(), "ml_predictions_total") >= 2
    assert count("ml_predictions_total") == calls + 2
    example["log"].close()
    (row,) = rows_in(folder)
    assert (row["request_id"], row["age"], row["probability_yes"]) == ("order-1", 44, 0.8)


def test_pyfunc(folder: Path, rows_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model predicts, and its rows are in the log."""
    import mlflow.pyfunc  # noqa: PLC0415 -- heavy

    class Loaded:
        def predict(self, data: Any, params: Any = None) -> list[str]:
            return ["yes" if row["age"] > 40 else "no" for row in data]

    monkeypatch.setattr(mlflow.pyfunc, "load_model", lambda uri: Loaded())
    example = run(examples("pyfunc.md")[0])
    example["log"].close()
    assert Counter(row["prediction"] for row in rows_in(folder)) == {"yes": 1, "no": 1}


def test_batch(folder: Path) -> None:
    """Rows are logged under the identifiers that they have."""
    run(examples("batch.md")[0])
    (path,) = folder.rglob("*.parquet")
    assert [(row["request_id"], row["age"], row["prediction"]) for row in pq.read_table(path).to_pylist()] == [
        ("c-1", 44, "yes"),
        ("c-2", 31, "no"),
    ]


def test_every_guide_is_linked_and_leads_somewhere() -> None:
    """No page is lost, and no link is broken."""
    first = (GUIDES / "instrument.md").read_text(encoding="utf-8")
    for guide in ("flask", "fastapi", "gunicorn", "pyfunc", "batch"):
        assert f"({guide}.md)" in first
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", (GUIDES / f"{guide}.md").read_text(encoding="utf-8")):
            assert (GUIDES / link).exists(), link


def test_the_examples_are_found() -> None:
    """An example that no test runs would be lost in a fence that is written otherwise."""
    for guide in ("instrument.md", "flask.md", "fastapi.md", "gunicorn.md", "pyfunc.md", "batch.md"):
        fences = (GUIDES / guide).read_text(encoding="utf-8").count("```python")
        assert len(examples(guide)) == fences > 0
