import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hideSecrets } from "./hide-secrets.js";

describe("hideSecrets", () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_.~!$()*+;%-]{1,30}$/);
  const secret = fc.stringMatching(/^[A-Za-z0-9_.~!$()*+;%@/-]{1,30}$/).map((own) => `S3${own}`);

  it("leaves no secret of an address, and moves nothing", () => {
    fc.assert(
      fc.property(word, secret, secret, (user, password, query) => {
        for (const text of [
          `tracking: { uri: "https://${user}:${password}@mlflow.example:5000/a" } # end`,
          `tracking.uri=http://${password}@localhost`,
          `MLFLOW=postgresql+psycopg2://${user}:${password}@db/runs?sslkey=${query}#${query}.`,
          `see http://localhost:5000/path?token=${query} for more`,
        ]) {
          const shown = hideSecrets(text);
          expect(shown).not.toContain(password);
          expect(shown).not.toContain(query);
          expect(shown).toHaveLength(text.length);
        }
      }),
    );
  });

  it("hides a password beside a host without a scheme", () => {
    expect(hideSecrets("uri: ana:hunter22@mlflow:5000")).toBe("uri: ana:********@mlflow:5000");
  });

  it.each([
    "train.epochs=3 replaces 2 (specs/team.yaml:8)",
    "model: org/name@revision",
    "C:\\Users\\ana, 12:30:00, a@b.example",
    "0 records sent to http://127.0.0.1:5000; 21 records wait",
  ])("leaves %s as it is", (text) => {
    expect(hideSecrets(text)).toBe(text);
  });
});
