/**
 * What one request may hold and how long its strings may be, as MLflow 3.17 states them
 * (`mlflow/utils/validation.py`). Lengths are in characters (Unicode code points).
 */
export const LIMITS = {
  metricsPerBatch: 1000,
  paramsPerBatch: 100,
  tagsPerBatch: 100,
  /** Metrics, params and tags together. */
  entitiesPerBatch: 1000,
  /** Managed MLflow refuses longer bodies; MLflow's own server states the same 10^6. */
  bytesPerBatch: 1_000_000,
  datasetsPerRequest: 1000,
  key: 250,
  paramValue: 6000,
  tagValue: 8000,
  experimentName: 500,
  experimentTagValue: 20_000,
  datasetName: 500,
  datasetDigest: 36,
  datasetSource: 65_535,
  datasetSchema: 1_048_575,
  datasetProfile: 16_777_215,
  inputTagKey: 255,
  inputTagValue: 500,
} as const;
