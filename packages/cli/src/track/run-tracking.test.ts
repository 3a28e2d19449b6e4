import { describe, expect, it } from "vitest";
import { userOf } from "./run-tracking.js";

describe("userOf", () => {
  const unknown = (): never => {
    throw new Error("uv_os_get_passwd returned ENOENT");
  };

  it("gives the name for MLflow before the system's", () => {
    const system = () => ({ username: "sam" });
    expect(userOf({ MLFLOW_TRACKING_USERNAME: "team" }, unknown)).toEqual({ user: "team" });
    expect(userOf({ MLFLOW_TRACKING_USERNAME: "" }, system)).toEqual({ user: "sam" });
  });

  it("gives none where the system has no name for its user, as in a container", () => {
    expect(userOf({}, unknown)).toEqual({});
  });
});
