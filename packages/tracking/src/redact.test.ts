import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactor } from "./redact.js";

describe("redactor", () => {
  const token = fc.stringMatching(/^[!-~]{20,400}$/);

  it("hides a token as it is, and as JSON and addresses hold it", () => {
    fc.assert(
      fc.property(token, (secret) => {
        const redact = redactor({ MLFLOW_TRACKING_TOKEN: secret });
        const json = JSON.stringify({ said: secret });
        for (const text of [
          `Bearer ${secret} may not`,
          json,
          JSON.stringify(json),
          `/?a=${encodeURIComponent(secret)}`,
        ]) {
          const shown = redact(text);
          for (const form of [secret, JSON.stringify(secret).slice(1, -1)]) {
            expect(shown).not.toContain(form);
          }
          expect(shown).not.toContain(encodeURIComponent(secret));
        }
        expect(redact(`Bearer ${secret} may not`)).toBe("Bearer *** may not");
      }),
    );
  });

  it("hides what a cut left of one, from 4 characters", () => {
    fc.assert(
      fc.property(token, fc.double({ min: 0, max: 1, noNaN: true }), (secret, share) => {
        const redact = redactor({ MLFLOW_TRACKING_TOKEN: secret });
        const cut = secret.slice(0, 4 + Math.floor(share * (secret.length - 5)));
        for (const end of ["", "...", "…", '..."', '...".']) {
          expect(redact(`401: Bearer ${cut}${end}`)).toMatch(/^401: Bearer \*\*\*/);
          expect(redact(`401: Bearer ${cut}${end}`).slice(12)).not.toContain(cut);
        }
        const quoted = redact(`"Bearer ${cut}...", not a string`);
        expect(quoted).toMatch(/^"Bearer \*\*\*.*, not a string$/);
        expect(quoted.slice(8)).not.toContain(cut);
      }),
    );
  });

  it("leaves other words as they are", () => {
    const redact = redactor({
      MLFLOW_TRACKING_TOKEN: "canary-token",
      MLFLOW_TRACKING_PASSWORD: "",
    });
    for (const text of ["a canary sings", "can...", "no canary-to be seen here", ""]) {
      expect(redact(text)).toBe(text);
    }
  });
});
