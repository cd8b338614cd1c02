from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.config.mistakes import Mistake
from mlflow_exporter.config.secrets import SecretText, expand, mask, masked, read_secret, unset_variables

SCHEMES = st.sampled_from(["http", "https", "postgresql+psycopg", "s3"])
# Starts unlike anything else in the URL, so that finding it means that it leaked.
PASSWORDS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters="@"), min_size=1)


@given(SCHEMES, PASSWORDS, st.booleans(), st.sampled_from(["", " is down", "/db?x=1", " and me@example.org"]))
def test_the_password_of_a_url_is_hidden(scheme: str, password: str, quoted: bool, rest: str) -> None:
    """Whatever the password is, escaped or not, nothing of it is left and the host is."""
    secret = quote(f"hunter2{password}", safe="") if quoted else f"hunter2{password}"
    shown = mask(f"cannot reach {scheme}://exporter:{secret}@host{rest}")
    assert shown.startswith(f"cannot reach {scheme}://exporter:<secret>@")
    assert "hunter2" not in shown
    assert secret not in shown.replace("<secret>", "")


def test_a_password_with_an_unescaped_at_is_hidden_whole() -> None:
    """The password ends at the last @ before the host."""
    assert mask("http://me:pass@word@host/path@2") == "http://me:<secret>@host/path@2"


@pytest.mark.parametrize(
    "text",
    ("http://mlflow:5000", "sqlite:///state.db", "s3://bucket/a@b/*.parquet", "postgresql://user@host/db", "plain: @x"),
)
def test_what_has_no_password_is_shown(text: str) -> None:
    """Ports, users and paths stay readable."""
    assert mask(text) == text


@pytest.mark.parametrize("name", ("password", "token", "sig", "X-Amz-Signature", "api_key", "AccessKey"))
def test_a_token_among_the_parameters_is_hidden(name: str) -> None:
    """Secrets in a URL's query are hidden, and the other parameters are not."""
    assert mask(f"http://h/?a=1&{name}=hunter2&b=2") == f"http://h/?a=1&{name}=<secret>&b=2"


def test_secret_text_shows_itself_masked() -> None:
    """Text and representation hide the password; the value has it."""
    url = SecretText("http://me:hunter2@host")
    assert "hunter2" not in f"{url} {url!r} {[url]}"
    assert url.get_secret_value() == "http://me:hunter2@host"
    assert (url == SecretText("http://me:hunter2@host"), url == SecretText("http://me:other@host")) == (True, False)


def test_the_file_for_everyone_is_as_written_without_secrets() -> None:
    """/config shows variables unexpanded, and neither passwords nor comments."""
    text = "# it is hunter2\nmlflow: {tracking_uri: 'http://me:hunter2@h'}\nstate: {url: '${URL}', n: [1, true]}\n"
    shown = masked(text)
    assert "hunter2" not in shown
    expected = {"mlflow": {"tracking_uri": "http://me:<secret>@h"}, "state": {"url": "${URL}", "n": [1, True]}}
    assert yaml.safe_load(shown) == expected


def test_a_password_spelled_with_escapes_is_hidden() -> None:
    """What is masked is the value, however YAML spells it."""
    assert "hunter2" not in masked(r'a: "http://me:hun\x74er2\x40x\x40h"')


def test_variables_are_replaced_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text has its variables replaced once; what is no text is left alone."""
    monkeypatch.setenv("A", "1${B}")
    monkeypatch.setenv("B", "2")
    assert expand({"x": ["${A}-${B}", 3], "y": {"${A}": None}}) == {"x": ["1${B}-2", 3], "y": {"${A}": None}}


def test_two_dollars_write_a_literal_one() -> None:
    """`$${` is `${`, whatever the environment has."""
    assert expand("$${MLFLOW_PASSWORD} $x {y}") == "${MLFLOW_PASSWORD} $x {y}"
    assert list(unset_variables("$${NO_SUCH_PASSWORD}")) == []


def test_an_unset_variable_is_a_mistake_where_it_is_used() -> None:
    """Each use of a variable that is not set is found with its place, and the text stays."""
    data = {"a": [1, "x${NO_SUCH_PASSWORD}"]}
    mend = "set it, or write $${ for a literal ${"
    mistake = Mistake(("a", 1), "the environment variable 'NO_SUCH_PASSWORD' is not set", mend)
    assert list(unset_variables(data)) == [mistake]
    assert expand(data) == data


def test_an_empty_variable_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty is a value."""
    monkeypatch.setenv("NO_SUCH_PASSWORD", "")
    assert expand("x${NO_SUCH_PASSWORD}") == "x"
    assert list(unset_variables("x${NO_SUCH_PASSWORD}")) == []


def test_a_secret_is_read_without_the_line_break_at_its_end(tmp_path: Path) -> None:
    """Editors end files with a line break, which is no part of the secret."""
    (tmp_path / "secret").write_text("hunter 2\n")
    assert read_secret(tmp_path / "secret") == "hunter 2"


@pytest.mark.parametrize(
    ("content", "reason"), ((b" \n", "the file is empty"), (b"\xff\xfe\x00", "cannot be read: not UTF-8 text"))
)
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    """An empty or binary file is an error that does not show its content."""
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ValueError, match=f"^{reason}$"):
        read_secret(tmp_path / "secret")


def test_a_missing_secret_file_is_refused(tmp_path: Path) -> None:
    """The operating system's reason is given."""
    with pytest.raises(ValueError, match=r"^cannot be read: No such file or directory$"):
        read_secret(tmp_path / "secret")
