/** The results as Markdown: tables, and each bar with what was measured beside it. */
import { peers, settings, us } from "./line.mjs";
import { phaseNames } from "./phases.mjs";
import { mean, median } from "./statistics.mjs";

/**
 * @typedef {Awaited<ReturnType<typeof import("./machine.mjs").machineRecord>>} Machine
 * @typedef {Awaited<ReturnType<typeof import("./step.mjs").benchStep>> & { machine: Machine }} StepReport
 * @typedef {Awaited<ReturnType<typeof import("./line.mjs").benchLine>> & { machine: Machine }} LineReport
 */

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
function table(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, index) => (index === 0 ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

const whole = (/** @type {number} */ value) => value.toFixed(0);
const gigabytes = (/** @type {number} */ bytes) => (bytes / 1e9).toFixed(2);
const times = (/** @type {number} */ ratio) => `${ratio.toFixed(2)}x`;

/** Median of the values, with the least and the largest where there are several. */
const spread = (/** @type {readonly number[]} */ values, show = whole) =>
  values.length < 2
    ? show(median(values))
    : `${show(median(values))} (${show(Math.min(...values))} to ${show(Math.max(...values))})`;

/**
 * A bar, what was measured, and by how much it is missed.
 * @param {string} what
 * @param {number} measured
 * @param {number} needed
 */
function verdict(what, measured, needed) {
  const bar = `at least ${needed.toFixed(needed === 1 ? 0 : 1)}x`;
  const short = needed / measured - 1;
  return [
    what,
    times(measured),
    bar,
    measured >= needed ? "reached" : `short: needs ${(short * 100).toFixed(0)} % more speed`,
  ];
}

/** @param {Machine} machine */
export function machineText(machine) {
  const { date, processor, cores, memoryGiB, platform, node, python, torch, transformers } =
    machine;
  const load =
    machine.loadBefore > 0.5
      ? ` **The machine was busy (load ${machine.loadBefore.toFixed(1)} before the start): these figures are not to be trusted.**`
      : "";
  return (
    `${processor}; ${cores} cores, ${memoryGiB} GiB, ${platform}. Node ${node}, ` +
    `onnxruntime-node ${machine["onnxruntime-node"]}; Python ${python}, PyTorch ${torch}, ` +
    `Transformers ${transformers}. ${date}, commit ${machine.commit || "unknown"}.${load}`
  );
}

/** @param {StepReport} report */
export function stepTables({ runs, machine, batches, large, rounds }) {
  const parts = ["batch preparation", "dropout masks", "forward + backward", "clipping + AdamW"];
  const names = [...new Set(runs.map(({ model }) => model))];
  const sections = names.map((model) => {
    const of = (/** @type {string} */ engine, /** @type {string} */ group) =>
      runs.filter((run) => run.model === model && run.engine === engine && run.group === group);
    const rows = /** @type {const} */ ([
      [us, "random"],
      ["torch", "random"],
      [us, "length"],
      ["torch", "length"],
    ]).map(([engine, group]) => {
      const found = of(engine, group);
      const low = found.flatMap((run) => run.low ?? []);
      const high = found.flatMap((run) => run.high ?? []);
      const cells = found.flatMap((run) => run.cells ?? []);
      return [
        `${engine === "torch" ? "PyTorch" : us}, ${group === "length" ? "length-grouped" : "random"}`,
        spread(found.map((run) => run.median)),
        spread(found.map((run) => run.mean)),
        low.length === 0 ? "" : `${whole(median(low))} / ${whole(median(high))}`,
        ...parts.map((part) => {
          const values = found.flatMap((run) => run.parts[part] ?? []);
          return values.length === 0
            ? ""
            : median(values).toFixed(values[0] && values[0] < 1 ? 1 : 0);
        }),
        whole(mean(found.map((run) => run.tokens))),
        engine === "torch" ? median(cells).toFixed(2) : "1.00",
        gigabytes(Math.max(...found.map((run) => run.peakBytes))),
      ];
    });
    const head = [
      ...["engine, batches", "median ms", "mean ms", "10th / 90th percentile"],
      ...[...parts, "tokens a batch", "cells a token", "peak GB"],
    ];
    const middle = (
      /** @type {string} */ engine,
      /** @type {string} */ group,
      /** @type {"median" | "mean"} */ by,
    ) => median(of(engine, group).map((run) => run[by]));
    const ratios = /** @type {const} */ (["median", "mean"]).flatMap((by) => {
      const [ours, oursGrouped] = [middle(us, "random", by), middle(us, "length", by)];
      const [random, grouped] = [middle("torch", "random", by), middle("torch", "length", by)];
      return [
        verdict(`same random batches, by ${by}`, random / ours, 1.8),
        verdict(`ours random, PyTorch length-grouped, by ${by}`, grouped / ours, 1),
        [`the engine: both length-grouped, by ${by}`, times(grouped / oursGrouped), "", ""],
        [
          `packing: what grouping gains PyTorch over what it gains us, by ${by}`,
          times(random / grouped / (ours / oursGrouped)),
          "",
          "",
        ],
      ];
    });
    return [
      `### ${model}`,
      table(head, rows),
      table(["PyTorch's time over ours", "measured", "bar", ""], ratios),
    ].join("\n\n");
  });
  return [
    machineText(machine),
    `Batches a process: ${batches} (${large} for the large model) after 3 to warm up; processes of each kind: ${rounds} (1), alternating.`,
    ...sections,
  ].join("\n\n");
}

/** @param {LineReport} report */
export function lineTables({ runs, machine, pairs, help }) {
  const sections = [];
  const bars = [];
  const { fast, slow } = settings;
  for (const [setting, peer, needed] of /** @type {const} */ ([
    [fast, peers.dynamic, 1.5],
    [slow, peers.published, 4],
  ])) {
    const here = runs.filter((run) => run.setting === setting.name);
    if (here.length === 0) continue;
    const who = [...new Set(here.map((run) => run.who))];
    const by = (/** @type {string} */ name) => here.filter((run) => run.who === name);
    const seconds = (/** @type {string} */ name) => median(by(name).map((run) => run.seconds));
    const peak = (/** @type {string} */ name) => Math.max(...by(name).map((run) => run.peakBytes));
    sections.push(
      `### ${setting.name}`,
      table(
        [
          "whole process",
          "seconds",
          "of these in trainings",
          "processor seconds",
          "peak GB",
          "over ours",
        ],
        who.map((name) => [
          name,
          spread(
            by(name).map((run) => run.seconds),
            (value) => value.toFixed(1),
          ),
          median(by(name).map(trainingSeconds)).toFixed(1),
          median(by(name).map((run) => run.processorSeconds)).toFixed(1),
          gigabytes(peak(name)),
          name === us ? "" : times(seconds(name) / seconds(us)),
        ]),
      ),
      "Where our time goes:",
      table(
        ["part", "seconds", "share"],
        phaseNames.flatMap((phase) => {
          // Results of an earlier version know fewer parts.
          const values = by(us).flatMap(({ phases }) => phases?.[phase] ?? []);
          if (values.length === 0) return [];
          const share = (median(values) / seconds(us)) * 100;
          return [[phase, median(values).toFixed(2), `${share.toFixed(1)} %`]];
        }),
      ),
    );
    bars.push(verdict(`${setting.name}: ${peer.name}`, seconds(peer.name) / seconds(us), needed));
    const least = Math.min(...who.filter((name) => name !== us).map(peak));
    bars.push([
      `${setting.name}: peak memory, the least of PyTorch's over ours`,
      times(least / peak(us)),
      "above 1x",
      peak(us) < least ? "reached" : `short by ${gigabytes(peak(us) - least)} GB`,
    ]);
  }
  bars.push([
    "`counterweight --help`",
    `${help.toFixed(2)} s`,
    "below 0.5 s",
    help < 0.5 ? "reached" : `short by ${(help - 0.5).toFixed(2)} s`,
  ]);
  return [
    machineText(machine),
    `Pairs of the first setting: ${pairs}, alternating. Generated rows are the same on both sides, and as many real ones (286).`,
    ...sections,
    "### Bars",
    table(["", "measured", "bar", ""], bars),
  ].join("\n\n");
}

/** @param {import("./line.mjs").LineRun} run */
const trainingSeconds = ({ phases, training }) =>
  training ??
  (phases === undefined ? Number.NaN : (phases["training steps"] ?? 0) + (phases.validation ?? 0));
