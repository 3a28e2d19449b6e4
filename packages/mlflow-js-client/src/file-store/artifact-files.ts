import { constants } from "node:fs";
import { copyFile, lstat, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { FileInfo } from "../entities.js";
import { doesNotExist, invalidParameter } from "../errors.js";
import { checkArtifactPath, shown } from "../validate.js";
import {
  makeParent,
  orAbsent,
  placeFor,
  UNFINISHED,
  unfinishedIn,
  writeReplacing,
} from "./files.js";
import type { PlacedRun } from "./run-folders.js";

const WHAT = "artifact path";

/** The folder of a run's artifacts. @throws MlflowError where they are kept elsewhere. */
function rootOf({ info, folder }: PlacedRun): string {
  const own = `/${info.experimentId}/${info.runId}/artifacts`;
  // The store may have been moved since: what counts is that they are in the run's own folder.
  const local = info.artifactUri.startsWith("file:") || info.artifactUri.startsWith("/");
  if (local && info.artifactUri.endsWith(own)) return join(folder, "artifacts");
  throw invalidParameter(
    `The artifacts of run ${info.runId} are kept at ${info.artifactUri}, not in the store's folder. Reach them through an MLflow server.`,
  );
}

const joined = (folder: string | undefined, name: string): string =>
  folder === undefined || folder === "" ? name : `${folder}/${name}`;

async function placed(run: PlacedRun, path: string): Promise<string> {
  checkArtifactPath(path);
  return placeFor(rootOf(run), WHAT, path);
}

/** Writes one artifact, replacing one of the same path. */
export async function writeArtifact(
  run: PlacedRun,
  content: Uint8Array | string,
  path: string,
): Promise<void> {
  const target = await placed(run, path);
  await makeParent(target);
  await writeReplacing(run.folder, target, content, false);
}

async function copyInto(run: PlacedRun, source: string, path: string): Promise<void> {
  const target = await placed(run, path);
  await makeParent(target);
  const temporary = unfinishedIn(run.folder);
  try {
    await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Copies one file. */
export async function copyArtifact(
  run: PlacedRun,
  localPath: string,
  artifactPath: string | undefined,
): Promise<void> {
  const found = await orAbsent(stat(localPath));
  if (found?.isFile() !== true) throw invalidParameter(`${localPath} is no file to log.`);
  await copyInto(run, localPath, joined(artifactPath, basename(resolve(localPath))));
}

/** Copies the files below a folder. Links to files are followed, links to folders refused. */
export async function copyArtifacts(
  run: PlacedRun,
  localFolder: string,
  artifactPath: string | undefined,
  check: () => void,
): Promise<void> {
  const found = await orAbsent(stat(localFolder));
  if (found?.isDirectory() !== true) throw invalidParameter(`${localFolder} is no folder to log.`);
  for (const name of (await readdir(localFolder)).sort()) {
    check();
    const path = join(localFolder, name);
    if ((await stat(path)).isFile()) await copyArtifact(run, path, artifactPath);
    else if ((await lstat(path)).isDirectory()) {
      await copyArtifacts(run, path, joined(artifactPath, name), check);
    } else {
      throw invalidParameter(`${path} is neither a file nor a folder; it is not logged.`);
    }
  }
}

/** A file or folder of artifacts that is there; undefined for nothing. Links count as nothing. */
async function locate(run: PlacedRun, path: string) {
  const root = rootOf(run);
  if (path === "") return { path: root, stats: await lstat(root) };
  checkArtifactPath(path);
  let at = root;
  for (const part of path.split("/")) {
    if ((await orAbsent(lstat(at)))?.isDirectory() !== true) return undefined;
    at = join(at, part);
  }
  const stats = await orAbsent(lstat(at));
  return stats === undefined || stats.isSymbolicLink() ? undefined : { path: at, stats };
}

/** What is directly in a folder of artifacts, by path; [] for a file or nothing, as in MLflow. */
export async function listFiles(run: PlacedRun, folder: string): Promise<readonly FileInfo[]> {
  const found = await locate(run, folder);
  if (found?.stats.isDirectory() !== true) return [];
  const names = (await readdir(found.path)).filter((name) => !name.startsWith(UNFINISHED)).sort();
  const infos = await Promise.all(
    names.map(async (name) => {
      const stats = await orAbsent(lstat(join(found.path, name)));
      if (stats === undefined || stats.isSymbolicLink()) return [];
      const isDir = stats.isDirectory();
      return [{ path: joined(folder, name), isDir, fileSize: isDir ? undefined : stats.size }];
    }),
  );
  return infos.flat();
}

/** The bytes of one artifact. */
export async function readArtifact(run: PlacedRun, path: string): Promise<Uint8Array> {
  const found = await locate(run, path);
  if (found === undefined)
    throw doesNotExist(`Run ${run.info.runId} has no artifact ${shown(path)}.`);
  if (!found.stats.isFile()) throw invalidParameter(`The artifact ${shown(path)} is a folder.`);
  return readFile(found.path);
}

/** Copies an artifact, or all below a folder of them, to `destination`, keeping paths. */
export async function fetchArtifacts(
  run: PlacedRun,
  path: string,
  destination: string,
  check: () => void,
): Promise<string> {
  check();
  const found = await locate(run, path);
  if (found === undefined)
    throw doesNotExist(`Run ${run.info.runId} has no artifact ${shown(path)}.`);
  const target = resolve(destination, ...path.split("/"));
  if (found.stats.isFile()) {
    await makeParent(target);
    await copyFile(found.path, target);
    return target;
  }
  await mkdir(target, { recursive: true });
  for (const file of await listFiles(run, path)) {
    await fetchArtifacts(run, file.path, destination, check);
  }
  return target;
}
