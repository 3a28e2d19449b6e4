/** How a run went, and how its scores depend on the checker fraction, for its section of the page. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "@counterweight/base";
import { fractionFigures } from "@counterweight/evaluation";

const root = new URL("../../", import.meta.url);

/** Writes docs/results/NAME.svg where the rows have several fractions; gives the Markdown that shows it. */
export async function fractionFigure(name, rows) {
  const [figure] = fractionFigures(rows);
  if (figure === undefined) return "";
  await writeFileAtomic(fileURLToPath(new URL(`docs/results/${name}.svg`, root)), figure.svg);
  return `![Test accuracy against the share of real training rows that the quality checker sees](results/${name}.svg)

Lines are means over seeds, bands go from the lowest to the highest seed.`;
}

/** What `lib/checker-fraction.mjs` left in story.json; empty where there is none. */
export async function storyText(run) {
  const path = join(run, "..", "story.json");
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return "";
  const story = JSON.parse(text);
  const { kills, mlflow } = story;
  const minutes = (seconds) => (seconds / 60).toFixed(1);
  const all = kills.coordinator + kills.worker + kills.both;
  const plan = await planOf(run);
  return `### How it ran

- The plan: ${plan.trials} trials would need ${plan.alone} trainings on their own; it made ${plan.trainings}, ${plan.alone - plan.trainings} were avoided.
- Killed ${all} times by SIGKILL on the pool of workers (${kills.coordinator} times the coordinator, ${kills.worker} times a worker, ${kills.both} times all at once), then continued on a local Slurm cluster: ${story.byPool} trainings were finished by the pool, ${story.bySlurm} by jobs of Slurm. ${story.resumedInTheMiddle} times a training went on in its middle. Trainings that were made twice: ${story.madeTwice}.
- Wall time: ${minutes(story.wallSeconds)} minutes in all, ${minutes(story.poolSeconds)} with the pool and ${minutes(story.slurmSeconds)} with Slurm; the finished trainings' own time adds up to ${minutes(story.trainingSeconds)} minutes.
- MLflow, asked afterwards: ${mlflow.parents} parent run and ${mlflow.children} child runs, ${mlflow.finished} of them FINISHED, ${mlflow.metricPoints.toLocaleString("en")} metric points.`;
}

/** Trials and trainings, and how many trainings the trials would need without sharing. */
async function planOf(run) {
  const log = await readFile(join(run, "events.jsonl"), "utf8");
  for (const line of log.split("\n")) {
    if (!line.includes('"type":"plan"')) continue;
    const { trials, trainings } = JSON.parse(line);
    const alone = trials.reduce(
      (sum, { result, checkers }) => sum + new Set([...result, ...checkers]).size,
      0,
    );
    return { trials: trials.length, trainings: trainings.length, alone };
  }
  throw new Error(`${run}/events.jsonl has no plan`);
}
