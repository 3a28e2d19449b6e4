"""Golden file for packages/bert/src/checkpoint: what Python's safetensors says of small files, whole
and mutated, and the parameters of Transformers' BertForSequenceClassification.

    pip install safetensors torch transformers
    python scripts/golden/checkpoint.py

Writes packages/bert/src/checkpoint/golden/checkpoint.json:
- files: valid files (base64) with the values of their tensors as float32;
- headers: [what, header text, bytes of data, accepted by Python];
- mutations: [file, [[position, deleted bytes, inserted bytes in hex], ...], accepted by Python];
- written: SHA-256 of what save_file writes for given tensors;
- models: configuration and ordered [name, shape] of every parameter.
"""
import base64, hashlib, json, pathlib, random, struct
import safetensors, torch
from safetensors.torch import save, load
from transformers import BertConfig, BertForSequenceClassification

OUT = pathlib.Path(__file__).resolve().parents[2] / "packages/bert/src/checkpoint/golden/checkpoint.json"


def accepted(content: bytes) -> int:
    try:
        safetensors.deserialize(content)
        return 1
    except Exception:  # SafetensorError, or a panic turned into an exception
        return 0


def frame(header: bytes, data: bytes, length=None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def valid_files():
    torch.manual_seed(0)
    special = torch.tensor([0.0, -0.0, 1.0, -2.5, float("inf"), float("-inf"), 6e-8, 65504.0, 1e-5, 3.14159])
    yield save({"a": torch.randn(2, 3), "b": torch.randn(4)}, {"format": "pt"})
    yield save({"half": special.to(torch.float16), "brain": special.to(torch.bfloat16), "double": special.double(),
                "single": special, "position_ids": torch.arange(5)})
    yield save({"scalar": torch.tensor(7.0), "empty": torch.zeros(0, 3), "x": torch.randn(1, 1, 2)})
    yield save({"é\"\\\n": torch.randn(2), "__proto__": torch.randn(1), "constructor": torch.randn(3)}, {"__proto__": "x", "k": "ü"})
    # Every half of both 16-bit kinds, exhaustively.
    bits = torch.arange(65536, dtype=torch.int32).to(torch.int16)
    yield save({"half": bits.view(torch.float16)})
    yield save({"brain": bits.view(torch.bfloat16)})
    # A one-byte tensor first, so that the float32 one behind it is not on a 4-byte boundary.
    h = b'{"u":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"f":{"dtype":"F32","shape":[2],"data_offsets":[3,11]}}'
    yield frame(h, b"\1\2\3" + struct.pack("<2f", 1.5, -2.25))


def digest(tensor) -> str:
    """SHA-256 of the float32 bytes, every NaN written as the same one."""
    t = tensor.to(torch.float32).clone()
    t[torch.isnan(t)] = float("nan")
    return hashlib.sha256(t.contiguous().numpy().tobytes()).hexdigest()


def header_cases():
    one = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'

    def entry(dtype='"F32"', shape="[2]", offsets="[0,8]"):
        return f'{{"t":{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}}}}}'

    yield "plain", entry(), 8
    yield "no tensor", "{}", 0
    yield "no tensor but data", "{}", 4
    yield "metadata only", '{"__metadata__":{"a":"b"}}', 0
    yield "metadata null", '{"__metadata__":null}', 0
    for v in ["1", '"x"', "[]", '{"a":1}', '{"a":null}', '{"a":{}}']:
        yield f"metadata {v}", f'{{"__metadata__":{v}}}', 0
    for text in ["", "null", "[]", "1", '"t"', "{", "}", '{"t"', '{"t":}', '{"t":1}', '{"t":null}', '{"t":[]}', '{"t":{}}',
                 "{,}", '{"t":%s,}' % one, '{"t":%s}x' % one, '{"t":%s}{}' % one, "{'t':%s}" % one, '{t:%s}' % one, '//x\n{"t":%s}' % one]:
        yield f"text {text[:12]}", text, 8
    for lead, tail in [(" ", ""), ("\n\t", ""), ("", "   "), ("", "\n\r\t "), ("\ufeff", ""), ("", "\0"), ("\u00a0", "")]:
        yield f"space {lead!r} {tail!r}", lead + entry() + tail, 8
    for d in ['"F32"', '"I32"', '"U32"', '"f32"', '"float32"', '"F33"', '""', "null", "32", '["F32"]', '{"F32":null}', '"F\\u00332"']:
        yield f"dtype {d}", entry(dtype=d), 8
    for d, s, n in [("F64", "[1]", 8), ("I64", "[1]", 8), ("U64", "[1]", 8), ("F16", "[4]", 8), ("BF16", "[4]", 8), ("I16", "[4]", 8),
                    ("U16", "[4]", 8), ("I8", "[8]", 8), ("U8", "[8]", 8), ("BOOL", "[8]", 8), ("C64", "[1]", 8), ("F4", "[16]", 8),
                    ("F4", "[15]", 8), ("F6_E2M3", "[4]", 3), ("F6_E3M2", "[4]", 3), ("F6_E2M3", "[3]", 3), ("F8_E5M2", "[8]", 8),
                    ("F8_E4M3", "[8]", 8), ("F8_E8M0", "[8]", 8), ("F8_E4M3FNUZ", "[8]", 8), ("F8_E5M2FNUZ", "[8]", 8), ("C128", "[1]", 16), ("F128", "[1]", 16)]:
        yield f"{d} {s}", entry(f'"{d}"', s, f"[0,{n}]"), n
    for s in ["2", "null", '"2"', "{}", "[]", "[2.0]", "[2e0]", "[-2]", "[-0]", "[3]", "[1]", "[1,2]", "[2,1,1,1]", "[null]", '["2"]', "[[2]]", "[true]",
              "[0]", "[02]", "[+2]", "[0x2]", "[2,]", "[ 2 ]", "[9007199254740992]", "[9007199254740993]", "[18446744073709551615]",
              "[18446744073709551616]", "[18446744073709551618]", "[1e400]", "[4294967296,4294967296]", "[4294967296,4294967296,2]",
              "[2147483648,2147483648,8]", "[4611686018427387904,4]", "[NaN]", "[" + ",".join(["1"] * 3000) + ",2]", "[" * 200 + "]" * 200]:
        yield f"shape {s[:24]}", entry(shape=s), 8
    for s, n in [("[0]", 0), ("[0,4294967296,4294967296]", 0), ("[4294967296,4294967296,0]", 0), ("[1073741824,1073741824,0]", 0), ("[9007199254740991,0]", 0), ("[]", 4), ("[5,0,7]", 0)]:
        yield f"empty {s}", entry(shape=s, offsets=f"[0,{n}]"), n
    for o in ["[0,9]", "[0,7]", "[8,0]", "[-8,0]", "[0,-8]", "[1,9]", "[0.0,8]", "[0,8.0]", "[0,8e0]", "[0]", "[]", "[0,8,8]", "[0,4,8]", "null", '"0,8"', "{}",
              '["0","8"]', "[0,null]", "[0,9007199254740993]", "[18446744073709551608,0]", "[0,18446744073709551616]", "[18446744073709551615,18446744073709551615]", "[8,8]"]:
        yield f"offsets {o}", entry(offsets=o), 8
    yield "short data", entry(), 7
    yield "trailing data", entry(), 9
    yield "no data", entry(), 0
    for missing in ["dtype", "shape", "data_offsets"]:
        t = json.loads(one); del t[missing]
        yield f"without {missing}", json.dumps({"t": t}), 8
    yield "unknown field", '{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":[1,{"y":null}]}}', 8
    two = lambda a, b, sa="[1]", sb="[1]": f'{{"a":{{"dtype":"F32","shape":{sa},"data_offsets":{a}}},"b":{{"dtype":"F32","shape":{sb},"data_offsets":{b}}}}}'
    for a, b, n in [("[0,4]", "[4,8]", 8), ("[4,8]", "[0,4]", 8), ("[0,4]", "[0,4]", 4), ("[0,4]", "[2,6]", 6), ("[0,4]", "[5,9]", 9), ("[0,4]", "[8,12]", 12), ("[4,8]", "[8,12]", 12), ("[0,4]", "[4,8]", 12), ("[0,4]", "[4,8]", 4)]:
        yield f"two {a} {b}", two(a, b), n
    for a, sa, b, sb, n in [("[0,0]", "[0]", "[0,4]", "[1]", 4), ("[4,4]", "[0]", "[0,4]", "[1]", 4), ("[2,2]", "[0]", "[0,4]", "[1]", 4), ("[0,8]", "[2]", "[4,4]", "[0]", 8), ("[0,0]", "[0]", "[0,0]", "[0]", 0)]:
        yield f"two {a}{sa} {b}{sb}", two(a, b, sa, sb), n
    yield "same tensor twice", '{"t":%s,"t":%s}' % (one, one), 8
    yield "metadata twice", '{"__metadata__":{},"t":%s,"__metadata__":{}}' % one, 8
    yield "field twice", '{"t":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 8
    yield "metadata key twice", '{"__metadata__":{"a":"1","a":"2"},"t":%s}' % one, 8
    yield "field twice, escaped", '{"t":{"dtype":"F32","\\u0064type":"F32","shape":[2],"data_offsets":[0,8]}}', 8
    yield "as a list", '{"t":["F32",[2],[0,8]]}', 8
    for name in ["__proto__", "constructor", "toString", "hasOwnProperty", "", "\\u0000", "\\ud83d\\ude00", "\\ud800", "\\udc00x", "\\x41", "\\u12", "a\tb", "\U0001f600", "n" * 5000]:
        yield f"name {name[:16]!r}", f'{{"{name}":{one}}}', 8
    yield "__proto__ field", '{"t":{"__proto__":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}}', 8
    for depth in (100, 122, 140, 100000):
        yield f"depth {depth}", '{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":' + "[" * depth + "]" * depth + "}}", 8


def mutate(rng: random.Random, content: bytes):
    """One to three edits; in half of the cases the header's length is mended, so that the JSON is reached."""
    n = struct.unpack("<Q", content[:8])[0]
    edits, header_growth, buffer = [], 0, bytearray(content)
    digits = [i for i in range(8, 8 + n) if 48 <= content[i] < 58]
    positions = set()
    for _ in range(rng.choice([1, 1, 2, 3])):
        kind = rng.choice(["digit", "digit", "flip", "delete", "insert", "copy", "length", "tail", "any"])
        at = rng.randrange(8, 8 + n)
        if kind == "digit" and digits:
            edit = (rng.choice(digits), 1, bytes([rng.randrange(48, 58)]))
        elif kind == "flip":
            edit = (at, 1, bytes([content[at] ^ (1 << rng.randrange(8))]))
        elif kind == "delete":
            edit = (at, min(rng.randint(1, 4), 8 + n - at), b"")
        elif kind == "insert":
            edit = (at, 0, bytes(rng.choice(b' ,:{}[]"0123456789-.eE\\tu\0') for _ in range(rng.randint(1, 3))))
        elif kind == "copy":
            start = rng.randrange(8, 8 + n)
            edit = (at, 0, content[start:min(start + rng.randint(1, 12), 8 + n)])
        elif kind == "length":
            edit = (rng.randrange(8), 1, bytes([rng.choice([0, 1, 0x7F, 0xFF, rng.randrange(256)])]))
        elif kind == "tail":
            edit = (len(content), 0, bytes(rng.randint(1, 4))) if rng.random() < .5 else (len(content) - 2, 2, b"")
        else:
            at = rng.randrange(len(content))
            edit = (at, 1, bytes([rng.randrange(256)]))
        if any(abs(edit[0] - p) < 16 for p in positions):
            continue
        positions.add(edit[0]); edits.append(edit)
    edits.sort(reverse=True)  # from the end, so that positions stay those of the original
    touched_length = any(p < 8 for p, _, _ in edits)
    header_growth = sum(len(i) - d for p, d, i in edits if 8 <= p < 8 + n)
    if header_growth and not touched_length and rng.random() < .7:
        edits.append((0, 8, struct.pack("<Q", n + header_growth)))
    for p, d, i in edits:
        buffer[p:p + d] = i
    return edits, bytes(buffer)


def models():
    for settings in [dict(vocab_size=30, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, max_position_embeddings=16, num_labels=3),
                     dict(vocab_size=11, hidden_size=6, num_hidden_layers=1, num_attention_heads=3, intermediate_size=5, max_position_embeddings=7, type_vocab_size=1, num_labels=1)]:
        model = BertForSequenceClassification(BertConfig(**settings))
        yield {"config": model.config.to_dict(), "parameters": [[k, list(p.shape)] for k, p in model.named_parameters()]}


def main():
    files = list(valid_files())
    rng = random.Random(20260101)
    small = [i for i, f in enumerate(files) if len(f) < 2000]
    mutations = []
    while len(mutations) < 1500:
        index = rng.choice(small)
        edits, content = mutate(rng, files[index])
        verdict = accepted(content)
        # Most mutations break the JSON at once: keep one in five of the refused, all of the accepted.
        if verdict or rng.random() < .2:
            mutations.append([index, [[p, d, i.hex()] for p, d, i in edits], verdict])
    lengths = [[str(n), have, accepted(struct.pack("<Q", n) + b'{}'.ljust(have)[:have])] for n, have in
               [(0, 0), (0, 2), (2, 2), (3, 2), (2, 3), (8, 8), (100_000_001, 2), (2**31, 2), (2**53, 2), (2**63, 2), (2**64 - 1, 2), (2**64 - 8, 8)]]
    written = {"a.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 7, "a.bias": torch.tensor([1.0, -0.0]), "é\"\\\n": torch.tensor([3.5]), "none": torch.zeros(0, 2)}
    golden = {
        "safetensors": safetensors.__version__,
        "files": [{"base64": base64.b64encode(f).decode(), "tensors": {k: [list(v.shape), digest(v)] for k, v in load(f).items() if v.is_floating_point()},
                   "skipped": sorted(k for k, v in load(f).items() if not v.is_floating_point())} for f in files if len(f) < 2000],
        "exhaustive": {k: digest(v) for f in files if len(f) >= 2000 for k, v in load(f).items()},
        "lengths": lengths,
        "headers": [[what, text, size, accepted(frame(text.encode(), bytes(size)))] for what, text, size in header_cases() if len(text) < 20_000],
        "mutations": mutations,
        "written": {"tensors": {k: [list(v.shape), v.flatten().tolist()] for k, v in written.items()}, "metadata": {"format": "pt"},
                    "sha256": hashlib.sha256(save(written, {"format": "pt"})).hexdigest()},
        "models": list(models()),
    }
    kept = {i: n for n, i in enumerate(small)}
    for m in golden["mutations"]:
        m[0] = kept[m[0]]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    dump = lambda value: json.dumps(value, separators=(",", ":"))
    lines = lambda value: "[\n" + ",\n".join(map(dump, value)) + "\n]" if isinstance(value, list) else dump(value)
    OUT.write_text("{\n" + ",\n".join(f"{dump(k)}:{lines(v)}" for k, v in golden.items()) + "\n}\n", encoding="utf-8")
    print(OUT, OUT.stat().st_size, "bytes;", sum(m[2] for m in mutations), "of", len(mutations), "mutations accepted;",
          sum(h[3] for h in golden["headers"]), "of", len(golden["headers"]), "headers")


main()
