"""Train a model with scikit-learn, and have it answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from threadpoolctl import threadpool_limits

from mlflow_exporter.demo.subjects import LATE, Subject
from mlflow_exporter.domain import Task

PREDICTION, LABEL = "prediction", "actual"


def train(subject: Subject, flights: pd.DataFrame) -> Pipeline:
    """Gradient-boosted trees on the subject's features; flights without an outcome are left out."""
    label = subject.label(flights)
    known = label.notna()
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    columns = make_column_transformer((encoder, list(subject.categorical)), remainder="passthrough")
    is_classifier = subject.task is Task.CLASSIFICATION
    trees = HistGradientBoostingClassifier if is_classifier else HistGradientBoostingRegressor
    pipeline = make_pipeline(columns, trees(max_iter=120, random_state=0))
    with _one_thread():
        return pipeline.fit(flights.loc[known, subject.features], label[known])


def answered(subject: Subject, pipeline: Pipeline, flights: pd.DataFrame) -> pd.DataFrame:
    """The features of each flight, the model's prediction and probabilities, and the true outcome as `actual`."""
    features = flights[subject.features]
    columns = probability_columns(pipeline).values()
    with _one_thread():
        answers = {PREDICTION: pipeline.predict(features), LABEL: subject.label(flights)}
        if columns:
            answers |= dict(zip(columns, pipeline.predict_proba(features).T, strict=True))
    return features.assign(**answers)


def probability_columns(pipeline: Pipeline) -> dict[str, str]:
    """Class to the column of its probability, in the pipeline's order; empty for a regression."""
    return {str(name): f"probability_{name}" for name in getattr(pipeline, "classes_", ())}


def scores(task: Task, reference: pd.DataFrame) -> dict[str, float]:
    """What a training run logs: the model's scores on the labelled rows of the reference data."""
    labelled = reference[reference[LABEL].notna()]
    actual, predicted = labelled[LABEL], labelled[PREDICTION]
    if task is Task.REGRESSION:
        return {
            "rmse": metrics.root_mean_squared_error(actual, predicted),
            "mae": metrics.mean_absolute_error(actual, predicted),
            "r2": metrics.r2_score(actual, predicted),
        }
    return {
        "accuracy": metrics.accuracy_score(actual, predicted),
        "f1": metrics.f1_score(actual, predicted, pos_label=LATE),
        "roc_auc": metrics.roc_auc_score(actual == LATE, labelled[f"probability_{LATE}"]),
    }


def _one_thread() -> threadpool_limits:
    # scikit-learn's threads wait for each other by spinning: on busy cores two of them took 50 times as long as one.
    return threadpool_limits(1, user_api="openmp")
