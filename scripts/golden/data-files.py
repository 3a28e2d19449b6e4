#!/usr/bin/env python3
"""Writes packages/data/golden/files/: small made files by Python's own writers, and what they hold.

Run from the top of the repository (needs `pip install pyarrow`; any version from 15 on):

    python3 scripts/golden/data-files.py

- snappy.parquet, zstd.parquet, gzip.parquet, brotli.parquet, lz4.parquet, none.parquet: one column of
  texts (as a dictionary), an integer label with Hugging Face's ClassLabel names in the footer and a
  weight, in row groups of 3; data pages of version 1 or 2.
- encodings/*.csv: the same texts, as far as they can be written, by Python's codecs.
- rows.json: the rows of all of them.
"""

import csv
import io
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

TARGET = pathlib.Path(__file__).parents[2] / "packages/data/golden/files"
NAMES = ["World", "Sports", "Business"]
ROWS = [
    {"text": text, "label": index % 3, "w": (index % 4) / 4}
    for index, text in enumerate(
        ["a plain text", "caf\u00e9, \u201cquoted\u201d", "two\nlines", 'a "quote"', "null", "a plain text", "\u4f60\u597d \U0001f600"]
    )
]
FEATURES = {
    "text": {"dtype": "string", "_type": "Value"},
    "label": {"names": NAMES, "_type": "ClassLabel"},
    "w": {"dtype": "float64", "_type": "Value"},
}
TEXTS = {
    "cp1252": ["\u20ac 5 \u2013 \u201ccaf\u00e9\u201d \u0160", "na\u00efve \u2026"],
    "latin-1": ["caf\u00e9 \u00a3 \x80\x9f", "\u00fcber"],
    "shift_jis": ["\u65e5\u672c\u8a9e", "\u8868\u793a"],
    "gb18030": ["\u4f60\u597d", "\U0001f600"],
    "koi8-r": ["\u043f\u0440\u0438\u0432\u0435\u0442", "\u043c\u0438\u0440"],
    "euc-kr": ["\uc548\ub155", "\uc138\uacc4"],
    "iso8859-15": ["\u20ac \u0152", "\u017d"],
    "utf-16": ["\u4f60\u597d \U0001f600", "plain"],
}


def main():
    (TARGET / "encodings").mkdir(parents=True, exist_ok=True)
    table = pa.table(
        {
            "text": [row["text"] for row in ROWS],
            "label": pa.array([row["label"] for row in ROWS], pa.int64()),
            "w": [row["w"] for row in ROWS],
        }
    ).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": FEATURES}})})
    for index, codec in enumerate(["snappy", "zstd", "gzip", "brotli", "lz4", "none"]):
        pq.write_table(
            table,
            TARGET / f"{codec}.parquet",
            compression=codec,
            use_dictionary=["text"],
            row_group_size=3,
            data_page_version="1.0" if index % 2 == 0 else "2.0",
        )
    for encoding, texts in TEXTS.items():
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["text", "label"])
        writer.writerows((text, index) for index, text in enumerate(texts))
        (TARGET / "encodings" / f"{encoding}.csv").write_bytes(out.getvalue().encode(encoding))
    content = {"names": NAMES, "rows": ROWS, "encodings": TEXTS}
    (TARGET / "rows.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
