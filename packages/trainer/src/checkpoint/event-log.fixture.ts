import { sha256 } from "@counterweight/base";
import type { TrainingEvent } from "../events.js";
import type { TrainedModel } from "../trained-model.js";

const digestOfArray = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  sha256(new Uint8Array(buffer, byteOffset, byteLength));

/** One hash over all parameters of a model. */
export function modelDigest({ parameters }: TrainedModel): string {
  return sha256(
    Object.entries(parameters)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, { data }]) => `${name} ${digestOfArray(data)}`)
      .join("\n"),
  );
}

/** All that an event says but its times, arrays as hashes; null for a checkpoint. */
export function lineOf(event: TrainingEvent): string | null {
  switch (event.type) {
    case "checkpoint":
      return null;
    case "step":
      return JSON.stringify({ ...event, milliseconds: 0 });
    case "epoch":
      return JSON.stringify({
        ...event,
        weights: digestOfArray(event.weights),
        logProbability: digestOfArray(event.logProbability),
      });
    case "end":
      return JSON.stringify({ ...event, model: modelDigest(event.model) });
  }
}
