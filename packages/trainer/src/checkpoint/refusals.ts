import { CounterweightError, systemCode } from "@counterweight/base";

const reasons: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  ENOSPC: ["the disk is full", "Free space"],
  EDQUOT: ["the disk quota is used up", "Free space"],
  EFBIG: ["the file would be larger than is allowed here", "Raise the limit on file size"],
  EACCES: ["the folder may not be written to", "Give write permission"],
  EPERM: ["the folder may not be written to", "Give write permission"],
  EROFS: ["the file system is read-only", "Choose a folder that can be written to"],
  ENOTDIR: ["a part of the path is a file", "Choose another folder"],
  EEXIST: ["a part of the path is a file", "Choose another folder"],
  EIO: ["the disk reports an error", "Look at the disk"],
};

/** A failed write of a checkpoint as a `training` error for people; other errors as they are. */
export function writeRefusal(error: unknown, folder: string, name: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const [what, fix] = reasons[code] ?? ["the system refused", "Look at the folder"];
  return new CounterweightError("training", `${name} could not be written: ${what} (${code}).`, {
    where: folder,
    fix: `Checkpoints written before are whole. ${fix}, then run the same command again.`,
    cause: error,
  });
}
