"""docker-compose.yml: valid, safe, and in agreement with every file that it mounts."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mlflow_exporter.cli import main

Services = dict[str, dict[str, Any]]

TOOLS = {"backup", "restore"}
"""Run by hand, for a moment, as root: they read and write the volumes of every other service."""

MADE_ELSEWHERE = {"./backups"}

LISTENING = {"postgres": {5432}, "mailpit": {1025, 8025}, "slack": {8080}}
"""Ports of services of which neither `ports` nor anything else in the file tells them all."""

CONFIGURATIONS = (
    "prometheus/prometheus.yml",
    "prometheus/targets/*.yml",
    "alertmanager/alertmanager.yml",
    "dashboards/provisioning/*/*.yml",
    "exporter/config*.yml",
    "scripts/secrets",
    "docker-compose.yml",
)


def mounts(service: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a service mounts, and where."""
    for mount in service.get("volumes", []):
        source, target = mount.split(":")[:2]
        yield source, target


def test_the_file_is_valid(stack: dict[str, Any], root: Path) -> None:
    """The file is as the Compose specification says."""
    schema = json.loads((root / "tests/compose/compose-spec.json").read_text())
    # The published schema of 2021; the specification has let a file name its project since.
    schema["properties"]["name"] = {"type": "string"}
    jsonschema.Draft7Validator(schema).validate(stack)


def test_every_mounted_path_exists(services: Services, root: Path) -> None:
    """What is mounted from the repository is there, and every named volume is declared."""
    for name, service in services.items():
        for source, _ in mounts(service):
            if source.startswith("./"):
                assert (root / source).exists() or source in MADE_ELSEWHERE, f"{name} mounts {source}"


def test_volumes_are_those_in_use(stack: dict[str, Any], services: Services) -> None:
    """Every named volume is declared, and every declared one is used."""
    used = {source for service in services.values() for source, _ in mounts(service) if source[0] not in "./"}
    assert used == set(stack["volumes"])


def test_images_are_pinned(services: Services) -> None:
    """An image is built here, or has a version of its own."""
    for name, service in services.items():
        _, _, tag = service["image"].rpartition(":")
        assert "build" in service or re.match(r"v?\d+\.\d+", tag), name


def test_ports_are_open_to_this_machine_only(services: Services) -> None:
    """Nobody else on the network reaches any service."""
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_services_can_do_little(services: Services) -> None:
    """Each is read-only but for its volumes, has no capabilities, and gains none; only the tools are root."""
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert (service.get("user") == "0:0") == (name in TOOLS), name
        assert name in TOOLS or "cap_add" not in service, name


def test_the_images_made_here_are_not_root(root: Path) -> None:
    """Both targets of the Dockerfile come after the user was changed."""
    lines = (root / "exporter/Dockerfile").read_text().splitlines()
    stages = [line for line in lines if line.startswith(("FROM ", "USER "))]
    assert stages[-3:] == ["USER 10001:10001", "FROM base AS full", "FROM base AS exporter"]


def test_volumes_of_our_images_belong_to_their_user(root: Path, services: Services) -> None:
    """Where an image made here mounts a volume, it has a folder of its own user, which the new volume takes over."""
    made = re.search(r"install --directory --owner exporter (.+)", (root / "exporter/Dockerfile").read_text())
    assert made is not None
    for name, service in services.items():
        if "build" in service and name not in TOOLS:
            volumes = {target for source, target in mounts(service) if source[0] not in "./"}
            assert volumes <= set(made[1].split()), name


def test_what_the_image_copies_is_there(root: Path) -> None:
    """Each file that the Dockerfile copies exists, and .dockerignore lets it through."""
    ignored = (root / ".dockerignore").read_text().splitlines()
    dockerfile = (root / "exporter/Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", dockerfile, re.MULTILINE)
    for path in " ".join(copied).split():
        assert (root / path).exists(), path
        assert f"!{path.partition('/')[0]}" in ignored, path


def test_dependencies_are_waited_for(services: Services) -> None:
    """Whoever is waited for is there, and can be seen to be healthy, or to have ended."""
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[needed], f"{name} waits for {needed}"
            else:
                assert services[needed]["restart"] == "no", f"{name} waits for {needed}"


def test_whatever_stays_is_watched(services: Services) -> None:
    """Every service that goes on has a health check (but the traffic, which serves nobody) and starts again."""
    for name, service in services.items():
        if service["restart"] != "no":
            assert service["restart"] == "unless-stopped"
            assert "healthcheck" in service or name == "traffic", name


def test_no_password_is_in_the_file(services: Services) -> None:
    """Passwords come from files: no variable with a password or token has a value that is none."""
    for service in services.values():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|SECRET|KEY", variable):
                assert variable.endswith("_FILE"), variable
                assert value.startswith("/run/secrets/")


@pytest.fixture(scope="module")
def secrets(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What scripts/secrets makes."""
    folder = tmp_path_factory.mktemp("secrets")
    subprocess.run([root / "scripts/secrets"], check=True, env={"SECRETS": str(folder), "PATH": "/usr/bin:/bin"})
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_every_secret_is_made(root: Path, secrets: dict[str, str]) -> None:
    """Each secret that any file of the stack names is made at the first start."""
    for path in configurations(root):
        for name in re.findall(r"/run/secrets/(\w+)", path.read_text()):
            assert name in secrets, f"{path.name} names {name}"


def test_secrets_are_random_and_stay(root: Path, secrets: dict[str, str], tmp_path: Path) -> None:
    """Another stack has other passwords; a second start changes none, and one can be set and shown."""

    def run(*arguments: str, given: str = "") -> str:
        command = [str(root / "scripts/secrets"), *arguments]
        environment = {"SECRETS": str(tmp_path), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, input=given)
        return done.stdout

    run()
    first = {path.name: path.read_text() for path in tmp_path.iterdir()}
    run()
    assert first == {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert all(first[name] != secrets[name] for name in secrets if "slack" not in name)
    run("set", "slack_api_url", given="https://hooks.example.org/x")
    assert run("show", "slack_api_url") == "https://hooks.example.org/x"


def configurations(root: Path) -> list[Path]:
    """The files that name hosts and ports."""
    found = [path for pattern in CONFIGURATIONS for path in sorted(root.glob(pattern))]
    assert len(found) >= len(CONFIGURATIONS)
    return found


def ports_of(name: str, service: dict[str, Any]) -> set[int]:
    """The ports that a service listens on."""
    published = {int(port.rpartition(":")[2]) for port in service.get("ports", [])}
    return published | LISTENING.get(name, set())


def test_hosts_and_ports_are_those_of_the_services(root: Path, services: Services) -> None:
    """Whatever file names a service with a port names one that this service listens on."""
    found = 0
    for path in configurations(root):
        for name, port in re.findall(r"(?:://|@|[\"' ])([a-z]+):(\d{4,5})\b", path.read_text()):
            assert name in services or name == "localhost", f"{path.name} names {name}:{port}"
            if name in services:
                assert int(port) in ports_of(name, services[name]), f"{path.name} names {name}:{port}"
                found += 1
    assert found > 8


def test_commands_have_the_options_that_they_are_given(services: Services) -> None:
    """`mlflow-exporter` knows every option that a service gives it."""
    for service in services.values():
        if service["image"].startswith("mlflow-exporter") and "entrypoint" not in service:
            name, *given = service["command"]
            command = main.get_command(main.make_context("mlflow-exporter", [], resilient_parsing=True), name)
            assert command is not None
            known = {option for parameter in command.params for option in parameter.opts}
            assert {option.partition("=")[0] for option in given if option.startswith("--")} <= known
