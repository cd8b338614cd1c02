"""Actions that invoke an AWS Lambda function."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from mlflow_exporter.alerting.actions.action import OUTPUT_LIMIT, Leash, bounded
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.config.alerting import LambdaAction
from mlflow_exporter.errors import ActionError


@dataclass(frozen=True, slots=True)
class Lambda:
    """Hands the alert to a function (docs.aws.amazon.com/lambda, `Invoke`), with boto3's own credentials."""

    settings: LambdaAction

    def plan(self, event: Event) -> str:
        return f"invoke {self.settings.function}"

    def run(self, event: Event, leash: Leash) -> str:
        boto3, botocore = _libraries()
        payload = json.dumps(event.document()).encode()
        kind = "RequestResponse" if self.settings.wait else "Event"
        try:
            client = self._client(boto3, botocore, leash.seconds)
            answer = client.invoke(FunctionName=self.settings.function, InvocationType=kind, Payload=payload)
            said = bounded(answer["Payload"].read(OUTPUT_LIMIT).decode(errors="replace"))
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            mend = "check the function, the region and AWS's credentials"
            raise ActionError(f"AWS did not run it: {error}", mend=mend) from error
        if "FunctionError" in answer:
            raise ActionError(f"the function failed ({answer['FunctionError']}):\n{said}")
        return said or f"handed over, status {answer['StatusCode']}"

    def _client(self, boto3: ModuleType, botocore: ModuleType, seconds: float) -> Any:
        # A second attempt could run the function twice.
        once = botocore.config.Config(connect_timeout=seconds, read_timeout=seconds, retries={"total_max_attempts": 1})
        address = self.settings.endpoint_url
        # A session of its own: the default one may not be used by several threads.
        return boto3.Session().client(
            "lambda",
            region_name=self.settings.region,
            endpoint_url=address.get_secret_value() if address else None,
            config=once,
        )


def _libraries() -> tuple[ModuleType, ModuleType]:
    try:
        import boto3  # noqa: PLC0415 - loads when used
        import botocore.config  # noqa: PLC0415 - loads when used
        import botocore.exceptions  # noqa: PLC0415 - loads when used
    except ImportError as error:
        raise ActionError("boto3 is not installed", mend='pip install "mlflow-exporter[aws]"') from error
    return boto3, botocore
