from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from prometheus_client import REGISTRY

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ModelRefused
from mlflow_exporter.serving.copies import Copy
from mlflow_exporter.serving.loading import Loader, read
from mlflow_exporter.serving.served import ServedModel

BROKEN = """
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

class Broken(PythonModel):
    def predict(self, context, model_input, params=None):
        raise RuntimeError("a secret of the input")

set_model(Broken())
"""


def test_a_model_that_loads_is_timed(loader: Loader, churn: Copy) -> None:
    """It is loaded, and how long that took is exposed."""
    assert loader.load(churn).key == churn.key
    labels = {"model": churn.key.name, "version": churn.key.version}
    assert (REGISTRY.get_sample_value("ml_model_load_seconds", labels) or 0) > 0


def test_what_does_not_load_is_refused(loader: Loader, churn: Copy, tmp_path: Path) -> None:
    """A damaged model is refused with what the loading raised."""
    shutil.copytree(churn.folder, tmp_path / "model")
    for file in (tmp_path / "model").glob("model.*"):
        file.write_bytes(b"no model")
    with pytest.raises(ModelRefused, match=r"^model churn/9: it does not load \(\w+"):
        loader.load(Copy(ModelKey("churn", "9"), tmp_path / "model"))


def test_a_model_that_fails_for_its_example_is_refused(loader: Loader, models: Any, tmp_path: Path) -> None:
    """The example is the model's own: one that fails for it would fail for everything. Its values are not told."""
    copy = models.doubler(input_example=np.array([[1.0]]), signature=None)
    folder = tmp_path / "model"
    shutil.copytree(copy.folder, folder)
    [code] = folder.glob("code-*.py")
    code.write_text(BROKEN)
    with pytest.raises(
        ModelRefused, match=r"it fails for its own input example \(PredictionFailed|RuntimeError\)"
    ) as raised:
        loader.load(Copy(ModelKey("doubler", "broken"), folder))
    assert "secret" not in str(raised.value)


def test_an_example_that_cannot_be_read_is_a_reason(loader: Loader, models: Any, tmp_path: Path) -> None:
    """A version whose input example is damaged is refused, as whatever else fails on the way."""
    copy = models.doubler(input_example=np.array([[1.0]]), signature=None)
    folder = tmp_path / "model"
    shutil.copytree(copy.folder, folder)
    (folder / "input_example.json").unlink()
    with pytest.raises(ModelRefused, match=r"its input example cannot be read \(\w+\); log the version again"):
        loader.load(Copy(ModelKey("doubler", "damaged"), folder))


def test_a_made_up_row_is_judged_by_the_model_before(loader: Loader, models: Any, doubler_model: ServedModel) -> None:
    """What was made up may be refused by a sound model; not by one that is to replace another which answers it."""
    broken = models.doubler(BROKEN)
    assert loader.load(broken).key == broken.key
    with pytest.raises(ModelRefused, match=rf"made-up row that version {doubler_model.key.version} answers"):
        loader.load(broken, before=doubler_model)


def test_a_made_up_row_is_what_clients_send(loader: Loader, models: Any, churn_model: ServedModel) -> None:
    """It fits the signature of the model before, of which the new one may need a part only, or tell none."""
    part = ModelSignature(Schema([ColSpec(DataType.double, "age")]))
    for signature in (part, None):
        with pytest.raises(ModelRefused, match=rf"made-up row that version {churn_model.key.version} answers"):
            loader.load(models.doubler(BROKEN, signature=signature), before=churn_model)
        sound = models.doubler(signature=signature)
        assert loader.load(sound, before=churn_model).key == sound.key


def test_another_signature_is_refused(loader: Loader, models: Any, doubler_model: ServedModel) -> None:
    """A version that needs what clients do not send does not replace one that does not."""
    more = Schema([ColSpec(DataType.double, "x"), ColSpec(DataType.double, "y")])
    copy = models.doubler(signature=ModelSignature(more, Schema([ColSpec(DataType.double)])))
    with pytest.raises(
        ModelRefused, match="it requires column 'y', which the version before has not; restart the server"
    ):
        loader.load(copy, before=doubler_model)
    assert loader.load(copy).key == copy.key


def test_what_was_read_before_is_not_read_again(churn: Copy, tmp_path: Path) -> None:
    """A preloaded model is taken from memory: its files may be gone."""
    from mlflow_exporter.instrument import Monitor  # noqa: PLC0415

    loader = Loader(lambda key, classes: Monitor(key.name, key.version), preloaded={churn.key: read(churn)})
    gone = Copy(churn.key, churn.folder)
    assert loader.load(gone).key == churn.key
