import { keptLog } from "./kept-log.js";
import { talkFromNow } from "./process-talk.js";
import { stepLog } from "./step-log.js";

/** What is said of an attempt at a step. */
export interface AttemptLog {
  readonly line: (text: string) => void;
  readonly progress: (event: unknown) => void;
  /** For the entry: the lines of all attempts. */
  readonly whole: () => Promise<string>;
  /** @param line the last one; undefined where no later attempt goes on. */
  readonly end: (line: string | undefined) => Promise<void>;
}

/** Two logs in one: the file that people look into meanwhile, and what is kept with the entry. */
export async function attemptLog(
  work: string,
  { log, talk }: { readonly log?: string; readonly talk?: string },
): Promise<AttemptLog> {
  const shown = stepLog(log);
  const kept = keptLog(work);
  const heard = await talkFromNow(talk);
  const hear = async () => {
    const said = (await heard()).trimEnd();
    if (said !== "") kept.line(`the process said:\n${said}`);
  };
  return {
    line: (text) => {
      shown.line(text);
      kept.line(text);
    },
    progress: (event) => {
      shown.progress(event);
      kept.progress(event);
    },
    whole: async () => {
      await hear();
      return kept.whole();
    },
    end: async (line) => {
      if (line !== undefined) {
        await hear();
        kept.line(line);
      }
      kept.end(line !== undefined);
    },
  };
}
