import type { ReadRun } from "./read-back.js";

/** What is not as it should be where the example was recorded: too little, too much, or another. */
export function faultsOfExample(
  runs: readonly ReadRun[],
  { seeds, steps }: { readonly seeds: number; readonly steps: number },
): string[] {
  const faults: string[] = [];
  const check = (where: string, found: unknown, wanted: unknown): void => {
    const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (is !== should) faults.push(`${where}: ${is} instead of ${should}`);
  };
  const [parent] = runs;
  if (parent === undefined || runs.length > 1) return [`${runs.length} runs of the spec`];
  const { run, children } = parent;
  check("the spec's run", [run.info.runName, run.info.status], ["example", "FINISHED"]);
  check("its data sets", run.inputs.datasetInputs.length, 4);
  const names = Array.from({ length: seeds }, (_, seed) => seed).flatMap((seed) =>
    ["ce", "dimp", "imp"].map((method) => `toy ${method} seed ${seed} fraction 1`),
  );
  check("trials", children.map(({ run }) => run.info.runName).sort(), names.sort());
  const all = Array.from({ length: steps }, (_, index) => index + 1);
  for (const { run, points } of children) {
    const { runName, status } = run.info;
    const { method, benchmark, gamma } = run.data.params;
    const stepsOf = (name: string) => points[name]?.map(({ step }) => step);
    check(runName, [status, benchmark, gamma], ["FINISHED", "toy", "1"]);
    check(`${runName}, data sets`, run.inputs.datasetInputs.length, 4);
    const checkers =
      method === "ce" ? [] : method === "imp" ? ["quality"] : ["quality", "diversity"];
    for (const prefix of ["", ...checkers.map((name) => `checker/${name}/`)]) {
      for (const name of ["train/loss", "train/learning_rate", "train/gradient_norm"]) {
        check(`${runName}, ${prefix}${name}`, stepsOf(prefix + name), all);
      }
      check(`${runName}, epochs`, stepsOf(`${prefix}validation/accuracy`), [1, 2]);
      check(`${runName}, seconds`, stepsOf(`${prefix}train/seconds`), [0]);
    }
    check(
      `${runName}, weights`,
      stepsOf("weights/largest_share"),
      method === "ce" ? undefined : [1, 2],
    );
    check(`${runName}, scores`, stepsOf("test/accuracy"), [0]);
  }
  return faults;
}
