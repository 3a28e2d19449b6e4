"""Everything that MLflow's own Python client reads of an experiment, as JSON on standard output.

Usage: python3 read-experiment.py TRACKING_URI EXPERIMENT_ID
Floats are given as the 16 hexadecimal digits of their bits, so that NaN and -0.0 can be compared.
"""

import hashlib
import json
import os
import struct
import sys
import tempfile

os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"

from mlflow import MlflowClient, set_tracking_uri  # noqa: E402
from mlflow.entities import ViewType  # noqa: E402


def bits(value):
    return struct.pack(">d", value).hex()


def artifacts(client, run_id, path=None):
    for info in client.list_artifacts(run_id, path):
        if info.is_dir:
            yield from artifacts(client, run_id, info.path)
        else:
            yield info.path


def digest(client, run_id, path):
    with tempfile.TemporaryDirectory() as folder:
        with open(client.download_artifacts(run_id, path, folder), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()


def read_run(client, run):
    run_id = run.info.run_id
    history = {
        key: sorted(
            [point.step, point.timestamp, bits(point.value)]
            for point in client.get_metric_history(run_id, key)
        )
        for key in run.data.metrics
    }
    return {
        "run_id": run_id,
        "run_name": run.info.run_name,
        "status": run.info.status,
        "start_time": run.info.start_time,
        "end_time": run.info.end_time,
        "lifecycle_stage": run.info.lifecycle_stage,
        "params": dict(run.data.params),
        "tags": dict(run.data.tags),
        "metrics": {key: bits(value) for key, value in run.data.metrics.items()},
        "history": history,
        "inputs": [
            {
                "dataset": {
                    "name": item.dataset.name,
                    "digest": item.dataset.digest,
                    "source_type": item.dataset.source_type,
                    "source": item.dataset.source,
                    "schema": item.dataset.schema,
                    "profile": item.dataset.profile,
                },
                "tags": {tag.key: tag.value for tag in item.tags},
            }
            for item in run.inputs.dataset_inputs
        ],
        "artifacts": {
            path: digest(client, run_id, path) for path in artifacts(client, run_id)
        },
    }


def main():
    # Before MLflow 3, artifacts are looked for at this one whatever the client was given.
    set_tracking_uri(sys.argv[1])
    client = MlflowClient()
    runs = client.search_runs([sys.argv[2]], run_view_type=ViewType.ALL, max_results=1000)
    json.dump([read_run(client, run) for run in runs], sys.stdout)


main()
