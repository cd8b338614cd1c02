"""Class probabilities beside the answer of a scikit-learn classifier, without scoring its rows twice.

MLflow's pyfunc of a classifier answers classes only, and an exporter without probabilities knows no confidence and no
ROC AUC. What is answered stays what `predict` answers, to the bit:

- a pipeline's transformers run once, and its last step is asked for both, as `Pipeline.predict` and
  `Pipeline.predict_proba` would do it;
- an estimator whose `predict` is by its definition the most probable class is asked for probabilities only;
- any other one is asked for both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.pyfunc import PyFuncModel

# Their `predict` is `classes_.take(predict_proba(X).argmax(axis=1))` in scikit-learn's own code, for one output.
MOST_PROBABLE_CLASS = frozenset(
    {"CalibratedClassifierCV", "DecisionTreeClassifier", "ExtraTreesClassifier", "RandomForestClassifier"}
)


@dataclass(frozen=True, slots=True)
class Scored:
    """A model's answer, and the probabilities (rows × classes) where it has them."""

    answer: Any
    probabilities: Any = None


@dataclass(frozen=True, slots=True)
class Classifier:
    """How to score rows with probabilities of `classes`, in that order."""

    classes: tuple[Any, ...]
    score: Callable[[Any], Scored]


def classifier(pyfunc: PyFuncModel) -> Classifier | None:
    """The classifier in a pyfunc, None where it is no scikit-learn model that answers classes."""
    flavor = pyfunc.metadata.flavors["python_function"]
    if flavor.get("loader_module") != "mlflow.sklearn" or flavor.get("predict_fn", "predict") != "predict":
        return None
    estimator = pyfunc.get_raw_model()  # type: ignore[no-untyped-call]
    classes: Any = getattr(estimator, "classes_", None)
    if not hasattr(estimator, "predict_proba") or getattr(classes, "ndim", None) != 1:
        return None
    return Classifier(tuple(classes.tolist()), _scorer(estimator))


def _scorer(estimator: Any) -> Callable[[Any], Scored]:
    steps = getattr(estimator, "steps", None)
    last = steps[-1][1] if steps else estimator
    transform = estimator[:-1].transform if steps and len(steps) > 1 else _unchanged
    is_most_probable = type(last).__name__ in MOST_PROBABLE_CLASS and type(last).__module__.startswith("sklearn.")

    def score(rows: Any) -> Scored:
        features = transform(rows)
        probabilities = last.predict_proba(features)
        if is_most_probable:
            return Scored(last.classes_.take(probabilities.argmax(axis=1), axis=0), probabilities)
        return Scored(last.predict(features), probabilities)

    return score


def _unchanged(rows: Any) -> Any:
    return rows
