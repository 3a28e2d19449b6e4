import type { Command } from "commander";
import type { Registration } from "../command.js";
import type { GcFlags } from "../store/gc-command.js";
import type { ListFlags } from "../store/list-command.js";
import type { ShowFlags } from "../store/show-command.js";
import type { VerifyFlags } from "../store/verify-command.js";
import type { WhyFlags } from "../store/why-spec.js";
import { specOptions, storeOption } from "./options.js";

const json = "as JSON on standard output";

/** Adds `store ls`, `show`, `why`, `gc` and `verify`. */
export function addStoreCommands(program: Command, { io, parts, act }: Registration): void {
  const store = program
    .command("store")
    .summary("look into the store of finished steps, and clear it")
    .description("Finished steps, shared by runs. A key may be given by its first digits.")
    .addHelpText("after", examples);
  storeOption(store.command("ls").summary("list the entries"))
    .option("--kind <kind>", "only this kind of step, such as train-classifier")
    .option("--json", json, false)
    .action(
      act(async (flags: ListFlags) =>
        (await import("../store/list-command.js")).listCommand(flags, io),
      ),
    );
  storeOption(store.command("show").summary("show an entry: making, record, files, inputs, log"))
    .argument("<key>", "first digits of a key")
    .option("--log", "only the log of its making, all of it", false)
    .option("--json", json, false)
    .action(
      act(async (key: string, flags: ShowFlags & { readonly log: boolean }) =>
        (await import("../store/show-command.js")).showCommand(key, flags, io),
      ),
    );
  specOptions(
    store
      .command("why")
      .summary("say how an entry came to be, or why a spec's steps are not there"),
  )
    .argument("<key or spec>", "first digits of a key, or a YAML file")
    .argument("[overrides...]", "key=value, for a spec")
    .option("--json", json, false)
    .action(
      act(async (what: string, overrides: string[], flags: WhyFlags) => {
        if (/^[0-9a-f]+$/i.test(what)) {
          return (await import("../store/show-command.js")).whyKey(what, flags, io);
        }
        const { whySpec } = await import("../store/why-spec.js");
        return whySpec({ spec: what, overrides, flags }, io, parts);
      }),
    );
  storeOption(store.command("gc").summary("remove what none of the given specs needs"))
    .requiredOption("--keep <spec...>", "specs whose steps stay")
    .option("--quarantine", "remove damaged entries that were set aside too", false)
    .option("--dry-run", "only say what would go", false)
    .option("--json", json, false)
    .action(
      act(async (flags: GcFlags) =>
        (await import("../store/gc-command.js")).gcCommand(flags, io, parts),
      ),
    );
  storeOption(store.command("verify").summary("prove every entry by its hashes"))
    .option("--json", json, false)
    .action(
      act(async (flags: VerifyFlags) =>
        (await import("../store/verify-command.js")).verifyCommand(flags, io),
      ),
    );
}

const examples = `
Examples:
  counterweight store ls --kind train-classifier
  counterweight store show 3fab12
  counterweight store why experiments/quickstart.yaml train.epochs=5
  counterweight store gc --keep experiments/quickstart.yaml --dry-run`;
