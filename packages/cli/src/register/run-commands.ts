import type { Command } from "commander";
import type { Registration } from "../command.js";
import { exitCodes } from "../io.js";
import type { PlanFlags } from "../plan/plan-command.js";
import type { RunFlags } from "../run-command.js";
import { specOptions } from "./options.js";

/** Adds run, plan, status, schema, and the worker that a pool starts. */
export function addRunCommands(program: Command, { io, parts, act }: Registration): void {
  specOptions(
    program
      .command("run")
      .summary("run the experiment that a YAML file describes")
      .description("Runs an experiment. The same command again continues where it stopped.")
      .argument("<spec>", "YAML file")
      .argument("[overrides...]", "key=value, such as train.epochs=3 or seeds=0,1"),
  )
    .option("--out <folder>", "folder of the results (default: runs/<name>)")
    .option("--retry-failed", "try again what failed for a reason of its own before", false)
    .option("--dry-run", "the same as `counterweight plan`", false)
    .option("--json", "events as JSON lines on standard output, results as the last", false)
    .addHelpText("after", runExamples)
    .action(
      act(async (spec: string, overrides: string[], flags: RunFlags) =>
        (await import("../run-command.js")).runCommand({ spec, overrides, flags }, io, parts),
      ),
    );
  specOptions(
    program
      .command("plan")
      .summary("show the steps of a spec, what is in the store, and what the rest costs")
      .argument("<spec>", "YAML file")
      .argument("[overrides...]", "key=value, such as train.epochs=3 or seeds=0,1"),
  )
    .option("--trials", "list the trials", false)
    .option("--all", "show every step of a large plan", false)
    .option("--json", "all of it as JSON on standard output", false)
    .addHelpText("after", planExamples)
    .action(
      act(async (spec: string, overrides: string[], flags: PlanFlags) =>
        (await import("../plan/plan-command.js")).planCommand(
          { spec, overrides, flags },
          io,
          parts,
        ),
      ),
    );
  program
    .command("status")
    .summary("show what a run is doing, from another terminal")
    .argument("[folder]", "folder of the results (default: the run below runs/ that wrote last)")
    .option("--json", "as JSON on standard output", false)
    .option("--debug", "show stack traces")
    .action(
      act(async (folder: string | undefined, { json }: { readonly json: boolean }) =>
        (await import("../status/status-command.js")).statusCommand(
          { json, ...(folder === undefined ? {} : { folder }) },
          io,
        ),
      ),
    );
  program
    .command("schema")
    .summary("print the JSON Schema of a spec, for editors")
    .action(
      act(async () => {
        const { schemaFile } = await import("@counterweight/experiments");
        io.stdout(schemaFile());
        return exitCodes.done;
      }),
    );
  program
    .command("worker", { hidden: true })
    .summary("make steps for the pool that started this process")
    .action(
      act(async () => {
        const { serve } = await import("../worker-command.js");
        serve(await parts.createBackend(io));
        return exitCodes.done;
      }),
    );
  program
    .command("job", { hidden: true })
    .summary("make the step that a job of Slurm was submitted for")
    .requiredOption("--job <folder>", "folder with the order")
    .action(
      act(async ({ job }: { readonly job: string }) => {
        const { jobCommand } = await import("../job-command.js");
        return jobCommand(job, await parts.createBackend(io));
      }),
    );
}

const runExamples = `
Examples:
  counterweight run experiments/quickstart.yaml
  counterweight run experiments/quickstart.yaml train.epochs=1 seeds=0,1
  counterweight run experiments/quickstart.yaml --executor slurm --retry-failed

Exit codes: 0 done, 1 a step failed, 2 usage, spec or data error, 130 interrupted.`;

const planExamples = `
Examples:
  counterweight plan experiments/quickstart.yaml
  counterweight plan experiments/quickstart.yaml seeds=0,1,2 --trials
  counterweight plan experiments/quickstart.yaml --json`;
