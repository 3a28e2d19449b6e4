"""Prints everything that MLflow's Python client reads in a file store, as JSON.

Run by the tests: MLFLOW_ALLOW_FILE_STORE=true python3 read-store.py FOLDER
The shape is that of `snapshot` in snapshot.fixture.ts.
"""

import json
import sys
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import ViewType

client = MlflowClient(tracking_uri=Path(sys.argv[1]).as_uri())


def point(metric):
    return [repr(float(metric.value)), metric.timestamp, metric.step]


def files(run_id, path=None):
    found = client.list_artifacts(run_id, path)
    below = [entry for one in found if one.is_dir for entry in files(run_id, one.path)]
    return sorted([[one.path, one.file_size] for one in found if not one.is_dir] + below)


def snapshot_of(run):
    info, data = run.info, run.data
    return {
        "runId": info.run_id,
        "experimentId": info.experiment_id,
        "runName": info.run_name,
        "userId": info.user_id,
        "status": info.status,
        "startTime": info.start_time,
        "endTime": info.end_time,
        "stage": info.lifecycle_stage,
        "params": data.params,
        "tags": data.tags,
        "latest": {key: repr(float(value)) for key, value in data.metrics.items()},
        "history": {
            key: sorted(
                map(point, client.get_metric_history(info.run_id, key)),
                key=lambda one: (one[2], one[1], float(one[0])),
            )
            for key in data.metrics
        },
        "inputs": sorted(
            [
                [one.dataset.name, one.dataset.digest, one.dataset.source_type, one.dataset.source]
                + [one.dataset.schema, one.dataset.profile, {tag.key: tag.value for tag in one.tags}]
                for one in run.inputs.dataset_inputs
            ],
            key=lambda entry: entry[:2],
        ),
        # Those of runs that a server made are reached through a server only.
        "artifacts": files(info.run_id) if info.artifact_uri.startswith("file:") else [],
    }


experiments = client.search_experiments(ViewType.ALL, max_results=50000)
runs = [
    run
    for one in experiments
    for run in client.search_runs([one.experiment_id], "", ViewType.ALL, max_results=50000)
]
print(
    json.dumps(
        {
            "experiments": sorted(
                [[one.experiment_id, one.name, one.lifecycle_stage, one.tags] for one in experiments],
                key=lambda entry: entry[0],
            ),
            "runs": sorted(map(snapshot_of, runs), key=lambda run: run["runId"]),
        }
    )
)
