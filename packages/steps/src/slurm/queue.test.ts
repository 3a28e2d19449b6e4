import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hopeOf, parseQueue, phaseOf, type QueueRow } from "./queue.js";

const plain = fc.string({ unit: "grapheme-ascii" }).map((text) => text.replace(/[|\n\r]/g, ""));
const row: fc.Arbitrary<QueueRow> = fc.record({
  job: fc.oneof(
    fc.nat().map(String),
    fc.tuple(fc.nat(), fc.nat(1000)).map(([array, task]) => `${array}_${task}`),
  ),
  state: fc.constantFrom("PENDING", "RUNNING", "COMPLETED", "OUT_OF_MEMORY", "NODE_FAIL"),
  nodes: plain,
  reason: plain,
  // Slurm cuts the spaces at the end of a line no more than we do.
  comment: fc
    .string()
    .map((text) => text.replace(/[\n\r\u2028\u2029]/g, "").trim())
    .filter((text) => text !== "(null)"),
});

const print = ({ job, state, nodes, reason, comment }: QueueRow) =>
  [job, state, nodes, reason, comment === "" ? "(null)" : comment].join("|");

describe("parseQueue", () => {
  it("reads back every row, whatever is in a comment", () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        expect(parseQueue(rows.map((each) => `${print(each)}\n`).join(""))).toEqual(rows);
      }),
    );
  });

  it("leaves out lines that are no rows, and never throws", () => {
    fc.assert(
      fc.property(fc.array(row), fc.string(), (rows, noise) => {
        const line = `note: ${noise.replace(/[\n\r]/g, "")}`;
        expect(parseQueue([line, ...rows.map(print), line].join("\n"))).toEqual(rows);
      }),
    );
    expect(parseQueue("2_[0-3%2]|PENDING||None|x")).toEqual([]);
  });
});

describe("states and reasons", () => {
  it("never takes an unknown state for an end", () => {
    expect(phaseOf("COMPLETING")).toBe("working");
    expect(phaseOf("SOME_NEW_STATE")).toBe("working");
    expect(["CANCELLED", "DEADLINE", "TIMEOUT"].map(phaseOf)).toEqual(["ended", "ended", "ended"]);
  });

  it("knows waits that end, may end late, and never end", () => {
    const kinds = (reasons: readonly string[]) => reasons.map((reason) => hopeOf(reason).kind);
    expect(
      kinds(["None", "Priority", "Resources", "Dependency", "QOSMaxJobsPerUserLimit", "BeginTime"]),
    ).toEqual(Array(6).fill("fine"));
    expect(
      kinds(["ReqNodeNotAvail, Reserved for maintenance", "PartitionDown", "NodeDown"]),
    ).toEqual(Array(3).fill("unavailable"));
    expect(
      kinds(["PartitionConfig", "BadConstraints", "QOSMaxCpuPerJobLimit", "AssocMaxMemPerJob"]),
    ).toEqual(Array(4).fill("hopeless"));
    const ofEvery = (reasons: readonly string[]) => reasons.map((reason) => hopeOf(reason).ofEvery);
    expect(ofEvery(["InvalidAccount", "AccountNotAllowed", "InvalidQOS"])).toEqual(
      Array(3).fill(true),
    );
    expect(ofEvery(["PartitionConfig", "PartitionTimeLimit"])).toEqual([false, false]);
  });
});
