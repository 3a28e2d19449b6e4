"""Golden files for packages/bert/src/tokenizer, from Python's tokenizers.

    pip install tokenizers
    python scripts/golden/tokenizer.py tables             # bert-characters.ts
    python scripts/golden/tokenizer.py strings            # golden/strings.json
    COUNTERWEIGHT_ASSETS=<folder> python scripts/golden/tokenizer.py assets   # golden/assets.json

- tables: the character classes of BertNormalizer and BertPreTokenizer, asked of the library itself
  for every code point (they come from older versions of Unicode than a JavaScript engine's).
- strings: made-up strings with their ids under a made-up vocabulary, pairs and truncation included,
  what the normaliser and the pre-tokeniser make of every code point (a digest), and the lengths
  that longest-first truncation leaves.
- assets: SHA-256 of the ids and type ids of all texts in the data folder, with MiniLM's tokenizer,
  padding off. Per row: number of tokens and ids as little-endian int32, type ids as bytes.
"""
import csv, hashlib, json, os, pathlib, random, struct, sys, unicodedata
from tokenizers import Tokenizer, __version__
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "packages/bert/src/tokenizer"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def ranges(points):
    out = []
    for p in points:
        if out and out[-1][1] + 1 == p:
            out[-1][1] = p
        else:
            out.append([p, p])
    return [f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in out]


def tables():
    only = lambda **on: BertNormalizer(**{"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False, **on})
    clean, chinese, strip, split = only(clean_text=True), only(handle_chinese_chars=True), only(strip_accents=True), BertPreTokenizer()
    classes = {
        "REMOVED": ("Dropped by `clean_text`: controls, format characters, private use.", lambda c: clean.normalize_str(f"a{c}b") == "ab"),
        "SPACES": ("Turned into a space by `clean_text`.", lambda c: clean.normalize_str(f"a{c}b") == "a b"),
        "SEPARATORS": ("White space to the pre-tokeniser.", lambda c: len(split.pre_tokenize_str(f"a{c}b")) == 2),
        "PUNCTUATION": ("A token of its own to the pre-tokeniser.", lambda c: len(split.pre_tokenize_str(f"a{c}b")) == 3),
        "IDEOGRAPHS": ("Set apart by `handle_chinese_chars`.", lambda c: chinese.normalize_str(f"a{c}b") == f"a {c} b"),
        "MARKS": ("Nonspacing marks, dropped by `strip_accents` after canonical decomposition.", lambda c: strip.normalize_str(f"a{c}b") == "ab"),
    }
    lines = [f"// Made by scripts/golden/tokenizer.py from Python's tokenizers {__version__}: do not edit.", "",
             "// Code points in hexadecimal, single or as first-last.", ""]
    for name, (doc, test) in classes.items():
        lines += [f"/** {doc} */", f"export const {name} ="]
        row, rows = "", []
        for item in ranges(c for c in CODE_POINTS if test(chr(c))):
            if len(row) + len(item) > 88:
                rows.append(row); row = ""
            row += item + " "
        rows.append(row.rstrip())
        lines += [f'  "{r}" +' for r in rows[:-1]] + [f'  "{rows[-1]}";', ""]
    (FOLDER / "bert-characters.ts").write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")


def word_piece(vocabulary, **normalizer):
    t = Tokenizer(WordPiece({w: i for i, w in enumerate(vocabulary)}, unk_token="[UNK]", max_input_chars_per_word=100))
    t.normalizer, t.pre_tokenizer = BertNormalizer(**normalizer), BertPreTokenizer()
    t.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    t.add_special_tokens(SPECIAL)
    return t


def encode(t, text, pair, max_length):
    t.enable_truncation(max_length, strategy="longest_first")
    e = t.encode(text, pair)
    return e.ids, e.type_ids


def strings():
    rng = random.Random(20260102)
    letters = "abcdefz0159" + "éßσςäöåñøłđğıœ" + "жйё" + "αάω" + "अकि" + "ก็า" + "한가각" + "中文字" + "あぱ" + "אבש" + "ابّ" + "𝒳😀🏳"
    marks = [" ", " ", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u200b", "\u200d", "\ufe0f", "\u00ad", "\ufeff", "\u0085", "\u2028", "\0", "\ufffd",
             "\u0301", "\u0308", "\u0345", "\u0307", ".", ",", "!", "'", "’", "“", "…", "#", "@", "$", "+", "=", "~", "^", "`", "|", "<", "€", "°", "¿", "·", "—", "„", "\u2e43", "\u061d", "𐄀",
             "É", "Σ", "ΑΣ", "ΑΣ ", "İ", "ẞ", "Å", "K", "Ω", "Ǆ", "ﬁ", "Ⅷ", "①", "½", "２", "Ａ", "\u1e9b\u0323", "\u0344", "\u1100\u1161", "𠀀", "𫝀", "\U0002b820", "\U0002b920", "\U0002f804", "豈", "\U000105c9", "𞤀", "𐐀",
             "\ue000", "\U000f0000", "[SEP]", "[MASK]", "[sep]", "[CLS", "[UNK]", "[PAD]", "[", "]", "\u0378", "\u0890", "\u1abf", "ˆ"]
    pool = [*letters] * 3 + marks
    plain = sorted({c for s in pool for c in unicodedata.normalize("NFD", s).lower() + s.lower() if not c.isspace()} - set("\u0301\u0308z9"))
    words = ["ab", "cab", "##ab", "bed", "##ed", "##σ", "##ς", "##b", "##a"]
    vocabulary = SPECIAL + list(dict.fromkeys(plain + ["##" + c for c in plain if c not in "f5"] + words))
    cases, settings = [], [{}, {"lowercase": False}, {"strip_accents": False}, {"lowercase": False, "strip_accents": True}, {"handle_chinese_chars": False}, {"clean_text": False}]
    tokenizers = [word_piece(vocabulary, **s) for s in settings]
    make = lambda most: "".join(rng.choice(pool) for _ in range(rng.randint(0, most)))
    for i in range(600):
        which = 0 if i < 350 else rng.randrange(len(settings))
        pair = make(14) if rng.random() < .4 else None
        text = make(3) * 60 if rng.random() < .03 else make(24)
        max_length = rng.choice([3, 4, 5, 6, 7, 8, 11, 16, 512]) if pair is not None else rng.choice([2, 3, 5, 9, 512, 512])
        ids, types = encode(tokenizers[which], text, pair, max_length)
        cases.append([which, text, pair, max_length, ids, "".join(map(str, types))])
    # Letters assigned after Unicode 14 are left out: their case differs between JavaScript engines.
    assigned = [c for c in CODE_POINTS if unicodedata.category(chr(c)) != "Cn"]
    skipped = ranges(c for c in CODE_POINTS if unicodedata.category(chr(c)) == "Cn")
    t, sweep = tokenizers[0], hashlib.sha256()
    for c in assigned:
        sweep.update("\n".join(p for p, _ in t.pre_tokenizer.pre_tokenize_str(t.normalizer.normalize_str(f"a{chr(c)}b"))).encode() + b"\0")
    ab = word_piece(SPECIAL + ["a", "b"])
    lengths = []
    for max_length in range(3, 14):
        for a in range(9):
            for b in range(9):
                _, types = encode(ab, "a " * a, "b " * b, max_length)
                # [CLS] and the first [SEP] are of type 0, the last [SEP] of type 1.
                lengths.append([max_length, a, b, types.count(0) - 2, types.count(1) - 1])
    dump({"tokenizers": __version__, "settings": settings, "vocabulary": vocabulary[5:], "cases": cases,
          "sweep": {"skipped": " ".join(skipped), "sha256": sweep.hexdigest()}, "lengths": lengths}, "strings.json")


def data_files(data):
    """Each file's texts: (name, [text, ...] or [(text, pair), ...]), fields as they stand, nothing trimmed."""
    read = lambda name, encoding="utf-8": (data / name).read_bytes().decode(encoding)
    for split in ["train", "val", "test"]:
        name = f"tweet-irony/real/{split}_text.txt"
        yield name, [line for line in read(name).split("\n") if line]
    for kind in ["zero", "few"]:
        name = f"tweet-irony/generated/gpt-3.5-turbo_{kind}-shot.json"
        rows = json.loads(read(name))
        for column in ["augmented_text", "text"]:
            yield f"{name}#{column}", [row[column] for row in rows]
        name = f"mrpc/generated/ctrl_{kind}-shot.json"
        yield name, [(row["text1"], row["text2"]) for row in json.loads(read(name))]
    for part in ["train", "test"]:
        name = f"mrpc/real/msr_paraphrase_{part}.txt"
        yield name, [tuple(line.split("\t")[3:5]) for line in read(name, "utf-8-sig").replace("\r\n", "\n").split("\n")[1:] if line]
    for agree in ["50", "66", "75", "All"]:
        name = f"financial-phrasebank/real/Sentences_{agree}Agree.txt"
        yield name, [line.rsplit("@", 1)[0] for line in read(name, "latin-1").split("\r\n") if line]
    for name, columns in [("tweet-irony/generated/gpt-4.1-mini.csv", ["text", "original_tweet"]), ("financial-phrasebank/generated/gpt-4o_few-shot.csv", ["sentence"]),
                          ("financial-phrasebank/generated/llama-3.2-1b_zero-shot.csv", ["input"]), ("financial-phrasebank/llm-labelled/mixtral_train.csv", ["text"]),
                          ("financial-phrasebank/llm-labelled/mixtral_test.csv", ["text"])]:
        with open(data / name, encoding="utf-8", newline="") as f:
            rows = list(csv.DictReader(f))
        for column in columns:
            yield f"{name}#{column}", [row[column] for row in rows]


def assets():
    root = pathlib.Path(os.environ["COUNTERWEIGHT_ASSETS"])
    t = Tokenizer.from_file(str(root / "models/all-MiniLM-L6-v2/tokenizer.json"))
    t.no_padding()
    result = []
    for name, texts in data_files(root / "data"):
        pairs = isinstance(texts[0], tuple)
        for max_length in [128, 24, 16] if pairs else [128, 16]:
            t.enable_truncation(max_length, strategy="longest_first")
            digest, tokens = hashlib.sha256(), 0
            for e in t.encode_batch(texts):
                tokens += len(e.ids)
                digest.update(struct.pack(f"<{len(e.ids) + 1}i", len(e.ids), *e.ids) + bytes(e.type_ids))
            result.append({"file": name, "maxLength": max_length, "rows": len(texts), "tokens": tokens, "sha256": digest.hexdigest()})
    dump({"tokenizers": __version__, "model": "all-MiniLM-L6-v2", "texts": result}, "assets.json")


def dump(golden, name):
    one = lambda v: json.dumps(v, separators=(",", ":"))
    lines = lambda v: "[\n" + ",\n".join(map(one, v)) + "\n]" if isinstance(v, list) and v and isinstance(v[0], (dict, list)) else one(v)
    (FOLDER / "golden").mkdir(parents=True, exist_ok=True)
    path = FOLDER / "golden" / name
    path.write_text("{\n" + ",\n".join(f"{one(k)}:{lines(v)}" for k, v in golden.items()) + "\n}\n", encoding="utf-8")
    print(path, path.stat().st_size, "bytes")


for part in sys.argv[1:]:
    {"tables": tables, "strings": strings, "assets": assets}[part]()
