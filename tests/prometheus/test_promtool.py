"""What promtool says of the configuration, the rules and their unit tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "prometheus"
UNIT_TESTS = sorted((FOLDER / "tests").glob("*.yml"))
# Rules on what exporters expose, of which a team may run two for the same models.
OF_EXPORTERS = ("drift", "performance", "quality", "quality_days")


def test_the_configuration_is_valid(run_promtool: Callable[..., str]) -> None:
    """The configuration, its rules and the files of targets have no error and nothing that the linter minds."""
    run_promtool("check", "config", "--lint=all", "--lint-fatal", FOLDER / "prometheus.yml")


def test_the_rules_are_valid(run_promtool: Callable[..., str]) -> None:
    """Rules have no error and nothing that the linter minds, two of the same name and labels included."""
    run_promtool("check", "rules", "--lint=all", "--lint-fatal", *(FOLDER / "rules").glob("*.yml"))


@pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.stem)
def test_alerts_fire_stay_quiet_and_resolve(path: Path, run_promtool: Callable[..., str]) -> None:
    """The unit tests of a file of rules pass."""
    run_promtool("test", "rules", path)


@pytest.mark.parametrize("subject", OF_EXPORTERS)
def test_a_second_exporter_changes_no_alert(subject: str, tmp_path: Path, run_promtool: Callable[..., str]) -> None:
    """Where two exporters expose the same model, comparisons still find one partner each, and alerts come once."""
    written = yaml.safe_load((FOLDER / "tests" / f"{subject}_test.yml").read_text())
    written["rule_files"] = [str(FOLDER / "rules" / Path(name).name) for name in written["rule_files"]]
    for test in written["tests"]:
        test["input_series"] += [second(entry) for entry in test["input_series"]]
    path = tmp_path / "twice.yml"
    path.write_text(yaml.safe_dump(written))

    run_promtool("test", "rules", path)


def second(entry: dict[str, Any]) -> dict[str, Any]:
    """The series as another instance exposes it."""
    renamed = re.sub(r'instance="[^"]+"', 'instance="exporter-2:10045"', entry["series"])
    assert renamed != entry["series"], "this series has no instance"
    return {**entry, "series": renamed}
