"""The API does what its OpenAPI description says, for requests that nobody would think of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from fastapi import FastAPI

from conftest import SMALL_CORPUS, TermEmbedder, _use, make_settings
from famqa import indexing
from famqa.assistant import Assistant
from famqa.embedding import ModelFiles
from famqa.settings import SENTENCE_READER
from famqa.web.api import create_api
from famqa.web.metrics import Metrics

schemathesis = pytest.importorskip("schemathesis")

OPERATIONS = [
    ("GET", "/ask"),
    ("POST", "/ask"),
    ("GET", "/search"),
    ("POST", "/search"),
    ("GET", "/documents"),
    ("POST", "/documents"),
    ("GET", "/documents/{doc_id}"),
    ("DELETE", "/documents/{doc_id}"),
    ("GET", "/index"),
    ("POST", "/index"),
    ("POST", "/index/rollback"),
]
# A question may have more tokens than can be searched for and a file may be of no use: no schema can say that.
CONFIG = {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409", "422"]}}}
of_each = hypothesis.settings(
    max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
)


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory, model_files: ModelFiles) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, TermEmbedder(model_files))
        folder = tmp_path_factory.mktemp("described")
        settings = make_settings(folder, dict(SMALL_CORPUS), reader=SENTENCE_READER)
        indexing.update(settings)
        app = FastAPI()
        app.mount("/api", create_api(Assistant(settings), settings, Metrics()))
        config = schemathesis.Config.from_dict(CONFIG)
        yield schemathesis.openapi.from_asgi("/api/openapi.json", app, config=config)


def test_every_operation_is_tried(description: Any) -> None:
    found = [result.ok() for result in description.get_all_operations()]
    assert sorted((each.method.upper(), each.path) for each in found) == sorted(OPERATIONS)


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_route_keeps_to_its_description(description: Any, method: str, path: str, mode: str) -> None:
    strategy = description[path][method].as_strategy(generation_mode=schemathesis.GenerationMode(mode))

    @of_each
    @hypothesis.given(case=strategy)
    def keeps_to_it(case: Any) -> None:
        case.call_and_validate()

    try:
        keeps_to_it()
    except hypothesis.errors.Unsatisfiable:  # there is nothing that it could refuse
        assert mode == "negative"
