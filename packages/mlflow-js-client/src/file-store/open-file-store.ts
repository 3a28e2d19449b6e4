import { hasErrorCode } from "../errors.js";
import { FileStore } from "./file-store.js";
import { storageError } from "./files.js";
import { prepareFolder } from "./open-folder.js";

/**
 * Opens a store, makes it where the folder is missing or empty, and repairs what killed processes
 * left.
 * @throws MlflowError `INVALID_PARAMETER_VALUE` for a folder named `mlruns`, which would keep MLflow
 *   from starting beside it, and for one that holds other things.
 */
export async function openFileStore(folder: string): Promise<FileStore> {
  try {
    const store = new FileStore(await prepareFolder(folder));
    await store.repair();
    await store.createExperiment("Default").catch((error) => {
      if (!hasErrorCode(error, "RESOURCE_ALREADY_EXISTS")) throw error;
    });
    return store;
  } catch (error) {
    throw storageError(error);
  }
}
