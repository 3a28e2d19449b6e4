export {
  type Destination,
  type DestinationDefaults,
  destinationOf,
  type Environment,
  openStore,
  placeOf,
  type StorePatience,
  type TrackingSettings,
  trackingDestination,
} from "./destination.js";
export { folderIdentity } from "./identity.js";
export { type ImportOptions, importRunFolder } from "./import-run-folder.js";
export { type Mapper, type MapperOptions, trackRunEvents } from "./map/track-run-events.js";
export type { Marks, RunMarks } from "./marks.js";
export type { Operation, Plain, Target } from "./operations.js";
export type { TrackingReport } from "./report.js";
export type { SpoolRecord } from "./spool/record-line.js";
export type { Damage } from "./spool/segments.js";
export { openSpool, type Spool, type SpoolOptions, type SpoolRead } from "./spool/spool.js";
export { type SyncOptions, type SyncReport, syncFolder } from "./sync-folder.js";
export { openTracking, type Tracking, type TrackingOptions } from "./tracking.js";
