export type { StepsEvent, StepsSummary } from "./events.js";
export type {
  Executor,
  ExecutorEvent,
  Outcome,
  Runner,
  RunnerContext,
} from "./executor.js";
export { keyOf, type Making, type Step, type StepResources } from "./step.js";
export type {
  Claim,
  Entry,
  EntryRecord,
  Holder,
  Lease,
  Lookup,
  MachineRecord,
  Store,
} from "./store.js";
