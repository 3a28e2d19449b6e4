import type { FileHandle } from "node:fs/promises";
import { writeWhole } from "@counterweight/base";
import { ByteWriter, ParquetWriter, schemaFromColumnData } from "hyparquet-writer";
import type { Ledger } from "./ledger.js";
import { type CsvRow, writeCsv } from "./write-blocks.js";

/** Writes `ledger.csv`. */
export async function writeLedgerCsv(path: string, ledger: Ledger): Promise<void> {
  await writeCsv(
    path,
    ledger.columns.map(({ name }) => name),
    ledger.blocks(),
  );
}

/** Writes `ledger.parquet`, a row group a block, with the column types that the ledger declares. */
export async function writeLedgerParquet(path: string, ledger: Ledger): Promise<void> {
  const { columns } = ledger;
  await writeWhole(path, async (file) => {
    const writer = new FileWriter(file);
    const typed = (rows: readonly CsvRow[]) =>
      columns.map(({ name, type }, place) => ({
        name,
        type,
        data: rows.map((row) => row[place] ?? null),
      }));
    const parquet = new ParquetWriter({
      writer,
      schema: schemaFromColumnData({ columnData: typed([]) }),
    });
    for await (const rows of ledger.blocks()) {
      await parquet.write({ columnData: typed(rows), rowGroupSize: Math.max(1, rows.length) });
    }
    await parquet.finish();
    await writer.flush();
  });
}

/** Passes every finished row group on, so that memory holds one. */
class FileWriter extends ByteWriter {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    super();
    this.#file = file;
  }

  async flush(): Promise<void> {
    await this.#file.writeFile(this.getBytes());
    this.index = 0;
  }
}
