import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MlflowClient } from "mlflow-js-client";
import { describe, expect, it } from "vitest";
import { destinationName, openStore, trackingDestination } from "./destination.js";

const name = "my-spec";
const folder = resolve("runs", "tracking");

describe("trackingDestination", () => {
  it("takes the spec's address before the environment's, and the embedded store last", () => {
    const environment = { MLFLOW_TRACKING_URI: "https://env.example/mlflow/" };
    const of = (uri: string | undefined, env = {}) =>
      trackingDestination({ uri }, env, { name }).destination;
    expect(of("http://spec.example:5000", environment)).toEqual({
      ...{ kind: "server", uri: "http://spec.example:5000", experiment: name },
    });
    expect(of(undefined, environment)).toMatchObject({ uri: "https://env.example/mlflow" });
    expect(of(undefined)).toEqual({ kind: "folder", folder, experiment: name });
    expect(of("kept/here")).toMatchObject({ kind: "folder", folder: resolve("kept/here") });
    expect(of(pathToFileURL(join(folder, "x")).href)).toMatchObject({ folder: join(folder, "x") });
  });

  it("names the experiment by the spec's setting, the environment, the spec's name", () => {
    const of = (experiment: string | undefined, env = {}) =>
      trackingDestination({ experiment }, env, { name }).destination?.experiment;
    expect(of("a", { MLFLOW_EXPERIMENT_NAME: "b" })).toBe("a");
    expect(of(undefined, { MLFLOW_EXPERIMENT_NAME: "b" })).toBe("b");
    expect(of(undefined, { MLFLOW_EXPERIMENT_NAME: "" })).toBe(name);
  });

  it("is nowhere where that is asked for", () => {
    for (const settings of [{ enabled: false }, { uri: "off" }]) {
      const environment = { MLFLOW_TRACKING_URI: "http://env.example" };
      const { destination } = trackingDestination(settings, environment, { name });
      expect(destination).toBeUndefined();
    }
  });

  it("refuses a spec's unknown scheme, notes an environment's, and shows no password of either", () => {
    const uri = "postgresql://me:secret@host/db";
    const say = () => trackingDestination({ uri }, {}, { name });
    expect(say).toThrow(expect.objectContaining({ kind: "spec", where: "tracking.uri" }));
    expect(say).not.toThrow(/secret/);
    const { destination, notes } = trackingDestination({}, { MLFLOW_TRACKING_URI: uri }, { name });
    expect(destination).toMatchObject({ kind: "folder", folder });
    expect(notes).toEqual([expect.stringContaining("MLFLOW_TRACKING_URI")]);
    expect(notes.join()).not.toContain("secret");
    expect(() => trackingDestination({ uri: "./mlruns" }, {}, { name })).toThrow(/mlruns/);
  });

  it("keeps credentials out of what is stored, and hands them to their own server only", async () => {
    const environment = { MLFLOW_TRACKING_URI: "https://me:secret@host.example/x" };
    const { destination } = trackingDestination({}, environment, { name });
    if (destination === undefined) throw new Error("there is one");
    expect(JSON.stringify(destination)).not.toMatch(/secret|me:/);
    const store = await openStore(destination, environment);
    expect(store).toBeInstanceOf(MlflowClient);
    await store.close();
  });

  it("gives each place and experiment a file name of its own, the same each time", () => {
    const of = (uri: string, experiment: string) =>
      destinationName({ kind: "server", uri, experiment });
    expect(of("http://a", "x")).toBe(of("http://a", "x"));
    expect(new Set([of("http://a", "x"), of("http://a", "y"), of("http://b", "x")]).size).toBe(3);
  });
});
