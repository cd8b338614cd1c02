from __future__ import annotations

from mlflow_exporter.alerting.alerting import History
from mlflow_exporter.state.action_runs import Outcome, Run
from mlflow_exporter.state.alerts import Alert, KnownAlert
from mlflow_exporter.web.alert_page import _OUTCOMES, RunRow, rows


def history(alert: Alert, *runs: Run) -> History:
    return History([KnownAlert(alert, 1.0, 2.0, 3)], {alert.key: runs}, 1, 0, [])


def test_the_first_text_is_the_headline() -> None:
    """A summary, else a description, else a message; what is the headline is not repeated below."""
    texts = {"description": "d", "summary": "s", "message": "m", "value": "0.3"}
    (row,) = rows(history(Alert("f", 0.0, annotations=texts)))
    assert (row.text, row.notes) == ("s", {"description": "d", "message": "m", "value": "0.3"})
    (row,) = rows(history(Alert("f", 0.0, annotations={"message": "m"})))
    assert (row.text, row.notes) == ("m", {})
    (row,) = rows(history(Alert("f", 0.0)))
    assert (row.text, row.notes, row.links, row.labels, row.runs) == ("", {}, {}, {}, ())


def test_only_addresses_of_pages_are_links() -> None:
    """Scripts, data and what is no address are left out."""
    for address in ("javascript:alert(1)", "data:text/html,x", "//host/x", "http://", "http://[", "x"):
        (row,) = rows(history(Alert("f", 0.0, annotations={"runbook_url": address}, generator_url=address)))
        assert row.links == {}
    (row,) = rows(history(Alert("f", 0.0, annotations={"dashboard_url": "https://g/d"}, generator_url="http://p")))
    assert row.links == {"Dashboard": "https://g/d", "Expression": "http://p"}


def test_every_outcome_has_a_look() -> None:
    """A run's seconds are known where it began and ended."""
    assert set(_OUTCOMES) == set(Outcome)
    run = Run(1, "a", "f", 0.0, "firing", "", Outcome.FAILED, 1.0, 2.0, 5.5, "")
    (row,) = rows(history(Alert("f", 0.0), run))
    assert row.runs == (RunRow(run, "failing", "✕"),)
    assert row.runs[0].seconds == 3.5
    waiting = Run(1, "a", "f", 0.0, "firing", "", Outcome.WAITING, 1.0, None, None, "")
    assert RunRow(waiting, "waiting", "…").seconds is None


def test_the_colour_says_how_bad_it_is() -> None:
    """Only what fires has a colour, and what says nothing of its severity has the worst."""
    firing = {severity: Alert("f", 0.0, labels={"severity": severity}) for severity in ("critical", "warning", "info")}
    looks = {severity: rows(history(alert))[0].look for severity, alert in firing.items()}
    assert looks == {"critical": "failing", "warning": "drifted", "info": "waiting"}
    assert rows(history(Alert("f", 0.0)))[0].look == "failing"
    assert rows(history(Alert("f", 0.0, 1.0, labels={"severity": "critical"})))[0].look == "well"
