import { pairs, readPage } from "./api.js";
import { ArtifactClient, type ArtifactRoot } from "./artifact-client.js";
import { type MlflowClientOptions, optionsFromEnvironment } from "./client-options.js";
import type { Fields } from "./decode.js";
import type { Page } from "./entities.js";
import { readLoggedModel, readModelVersion, readRegisteredModel } from "./model-decoders.js";
import type * as Models from "./model-store.js";
import { RunClient } from "./run-client.js";
import type { CallOptions, TrackingStore } from "./tracking-store.js";

/** How many runs' artifact URIs are remembered. */
const REMEMBERED = 1000;

/**
 * A client of an MLflow server. Safe to use from many places at once: it holds no state but its
 * connections and the artifact URIs of runs, which never change.
 */
export class MlflowClient extends RunClient implements TrackingStore, Models.ModelStore {
  private readonly artifacts: ArtifactClient;
  private readonly roots = new Map<string, ArtifactRoot>();

  /** @throws MlflowError where the address or a credential cannot be used. Nothing is sent yet. */
  constructor(options: MlflowClientOptions) {
    super(options);
    const { transport } = this.api;
    this.artifacts = new ArtifactClient(transport, options.localArtifacts ?? transport.loopback);
  }

  async logArtifact(id: string, localPath: string, to?: string, options: CallOptions = {}) {
    await this.artifacts.logFile(await this.rootOf(id, options), localPath, to, options);
  }

  async logArtifacts(id: string, folder: string, to?: string, options: CallOptions = {}) {
    await this.artifacts.logFolder(await this.rootOf(id, options), folder, to, options);
  }

  async logBytes(
    runId: string,
    content: Uint8Array | string,
    artifactFile: string,
    options: CallOptions = {},
  ): Promise<void> {
    const root = await this.rootOf(runId, options);
    await this.artifacts.logBytes(root, content, artifactFile, options);
  }

  async listArtifacts(runId: string, path?: string, options: CallOptions = {}) {
    return this.artifacts.list(await this.rootOf(runId, options), path, options);
  }

  async downloadArtifact(runId: string, path: string, options: CallOptions = {}) {
    return this.artifacts.read(await this.rootOf(runId, options), path, options);
  }

  async downloadArtifacts(id: string, path: string, to: string, options: CallOptions = {}) {
    return this.artifacts.download(await this.rootOf(id, options), path, to, options);
  }

  async createLoggedModel(experimentId: string, options: Models.CreateLoggedModelOptions = {}) {
    const body = {
      experiment_id: experimentId,
      name: options.name,
      source_run_id: options.sourceRunId,
      model_type: options.modelType,
      params: pairs(options.params),
      tags: pairs(options.tags),
    };
    return this.api.post("logged-models", body, options, loggedModel, "unsent");
  }

  finalizeLoggedModel(
    modelId: string,
    status: "READY" | "UPLOAD_FAILED",
    options: CallOptions = {},
  ): Promise<Models.LoggedModel> {
    const json = { model_id: modelId, status: `LOGGED_MODEL_${status}` };
    return this.api.call("PATCH", modelPath(modelId), { json }, options, loggedModel);
  }

  getLoggedModel(modelId: string, options: CallOptions = {}): Promise<Models.LoggedModel> {
    return this.api.get(modelPath(modelId), {}, options, loggedModel);
  }

  deleteLoggedModel(modelId: string, options: CallOptions = {}): Promise<void> {
    return this.api.call("DELETE", modelPath(modelId), {}, options, nothing);
  }

  searchLoggedModels(query: Models.SearchLoggedModelsQuery): Promise<Page<Models.LoggedModel>> {
    const body = {
      experiment_ids: query.experimentIds,
      filter: query.filter,
      order_by: query.orderBy?.map(({ fieldName, ascending }) => ({
        field_name: fieldName,
        ascending: ascending ?? true,
      })),
      max_results: query.maxResults ?? 100,
      page_token: query.pageToken,
    };
    return this.api.post("logged-models/search", body, query, readPage("models", readLoggedModel));
  }

  async logOutputs(
    runId: string,
    models: readonly { readonly modelId: string; readonly step?: number }[],
    options: CallOptions = {},
  ): Promise<void> {
    const outputs = models.map(({ modelId, step = 0 }) => ({ model_id: modelId, step }));
    await this.api.tell("runs/outputs", { run_id: runId, models: outputs }, options);
  }

  async logModelBytes(
    modelId: string,
    content: Uint8Array | string,
    artifactFile: string,
    options: CallOptions = {},
  ): Promise<void> {
    const { artifactUri } = await this.getLoggedModel(modelId, options);
    await this.artifacts.logBytes({ uri: artifactUri }, content, artifactFile, options);
  }

  async createRegisteredModel(name: string, options: Models.DescribeOptions = {}) {
    const body = { name, description: options.description, tags: pairs(options.tags) };
    return this.api.post("registered-models/create", body, options, registeredModel, "unsent");
  }

  getRegisteredModel(name: string, options: CallOptions = {}): Promise<Models.RegisteredModel> {
    return this.api.get("registered-models/get", { name }, options, registeredModel);
  }

  deleteRegisteredModel(name: string, options: CallOptions = {}): Promise<void> {
    const json = { name };
    return this.api.call("DELETE", "registered-models/delete", { json }, options, nothing);
  }

  searchRegisteredModels(query: Models.SearchModelsQuery = {}) {
    const read = readPage("registered_models", readRegisteredModel);
    return this.api.get("registered-models/search", searchOf(query), query, read);
  }

  async createModelVersion(
    name: string,
    source: string,
    options: Models.CreateModelVersionOptions = {},
  ): Promise<Models.ModelVersion> {
    const body = {
      name,
      source,
      run_id: options.runId,
      model_id: options.modelId,
      description: options.description,
      tags: pairs(options.tags),
    };
    return this.api.post("model-versions/create", body, options, modelVersion, "unsent");
  }

  getModelVersion(name: string, version: string, options: CallOptions = {}) {
    return this.api.get("model-versions/get", { name, version }, options, modelVersion);
  }

  searchModelVersions(query: Models.SearchModelsQuery = {}) {
    const read = readPage("model_versions", readModelVersion);
    return this.api.get("model-versions/search", searchOf(query), query, read);
  }

  setRegisteredModelAlias(name: string, alias: string, version: string, options: CallOptions = {}) {
    return this.api.tell("registered-models/alias", { name, alias, version }, options);
  }

  deleteRegisteredModelAlias(name: string, alias: string, options: CallOptions = {}) {
    const json = { name, alias };
    return this.api.call("DELETE", "registered-models/alias", { json }, options, nothing);
  }

  getModelVersionByAlias(name: string, alias: string, options: CallOptions = {}) {
    return this.api.get("registered-models/alias", { name, alias }, options, modelVersion);
  }

  private async rootOf(runId: string, options: CallOptions): Promise<ArtifactRoot> {
    const known = this.roots.get(runId);
    if (known !== undefined) return known;
    const { info } = await this.getRun(runId, options);
    const root = { uri: info.artifactUri, runId };
    if (this.roots.size >= REMEMBERED) this.roots.clear();
    this.roots.set(runId, root);
    return root;
  }
}

/**
 * A client of the server that the environment names, by the variables of MLflow's Python client (see
 * `optionsFromEnvironment`).
 * @param options go before the environment's.
 * @throws MlflowError where `MLFLOW_TRACKING_URI` is not set or a value makes no sense.
 */
export function clientFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  options: Partial<MlflowClientOptions> = {},
): MlflowClient {
  return new MlflowClient({ ...optionsFromEnvironment(env), ...options });
}

const nothing = (): void => undefined;
const loggedModel = (answer: Fields) => readLoggedModel(answer.object("model"));
const registeredModel = (answer: Fields) => readRegisteredModel(answer.object("registered_model"));
const modelVersion = (answer: Fields) => readModelVersion(answer.object("model_version"));
const modelPath = (modelId: string): string => `logged-models/${encodeURIComponent(modelId)}`;

const searchOf = (query: Models.SearchModelsQuery) => ({
  filter: query.filter,
  order_by: query.orderBy,
  max_results: `${query.maxResults ?? 100}`,
  page_token: query.pageToken,
});
