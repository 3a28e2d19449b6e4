"""Golden files for packages/bert/src: small random models of every architecture, run by
Transformers in float64 with a padded batch, and byte-level tokenizers.

    pip install torch transformers tokenizers safetensors
    python scripts/golden/architectures.py models       # architectures/golden/models.json, *.safetensors
    python scripts/golden/architectures.py tokenizers   # tokenizer/golden/byte-level.json

- models: a checkpoint per architecture, as `save_pretrained` writes it; per case the configuration,
  ordered [name, shape] of every parameter, the batch, the logits (float64), and the gradient of the
  mean cross-entropy in every parameter. Cases with mean pooling put the mean of a row's last hidden
  states (special tokens included, padding not) where the head reads the first token's.
- tokenizers: vocab.json and merges.txt trained on made-up text, the tokenizer.json that Transformers
  makes of them, and ids and type ids of made-up texts and pairs with truncation.
"""
import hashlib, json, pathlib, random, sys, tempfile, unicodedata
import tokenizers, torch, transformers
from safetensors.torch import save_file
from tokenizers import ByteLevelBPETokenizer, Tokenizer
from transformers import (BertConfig, BertForSequenceClassification, DistilBertConfig, DistilBertForSequenceClassification,
                          RobertaConfig, RobertaForSequenceClassification, RobertaTokenizerFast)

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "packages/bert/src"
FOLDER = SOURCE / "architectures/golden"
BERT = dict(vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, max_position_embeddings=24, num_labels=3)
DISTILBERT = dict(vocab_size=100, dim=32, n_layers=2, n_heads=2, hidden_dim=48, max_position_embeddings=24, num_labels=3)
MODELS = {
    "bert": (BertForSequenceClassification, BertConfig(**BERT)),
    "roberta": (RobertaForSequenceClassification, RobertaConfig(**BERT, type_vocab_size=1, layer_norm_eps=1e-5)),
    "distilbert": (DistilBertForSequenceClassification, DistilBertConfig(**DISTILBERT)),
}
CASES = [("bert", "cls", None), ("bert", "mean", None), ("bert", "cls", "gelu_new"), ("roberta", "cls", None), ("roberta", "mean", None),
         ("distilbert", "cls", None), ("distilbert", "mean", None), ("distilbert", "cls", "relu")]
LENGTHS = [7, 22, 3, 1, 12, 22]


def far_from_fresh(model, seed):
    """Large weights, nonzero biases, gains off 1: no term of any gradient is too small to see."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            gain = "norm" in name.lower() and name.endswith("weight")
            p.copy_(torch.randn(p.shape, generator=g) * 0.25 + (1 if gain else 0))


def logits_of(model, kind, pooling, ids, types, mask):
    given = dict(input_ids=ids, attention_mask=mask, **({"token_type_ids": types} if kind == "bert" else {}))
    if pooling == "cls":
        return model(**given).logits
    hidden = model.base_model(**given).last_hidden_state
    weights = mask.double()[:, :, None]
    mean = (hidden * weights).sum(1) / weights.sum(1)
    if kind == "bert":
        return model.classifier(model.bert.pooler(mean[:, None]))
    if kind == "roberta":
        return model.classifier(mean[:, None])
    return model.classifier(torch.relu(model.pre_classifier(mean)))


def models():
    FOLDER.mkdir(parents=True, exist_ok=True)
    g = torch.Generator().manual_seed(20261121)
    rows = [torch.randint(5, 100, (n,), generator=g).tolist() for n in LENGTHS]
    types = [[0] * (n // 2) + [1] * (n - n // 2) for n in LENGTHS]
    labels = torch.tensor([0, 2, 1, 1, 0, 2])
    cases = []
    for seed, (kind, (architecture, config)) in enumerate(MODELS.items()):
        model = architecture(config)
        far_from_fresh(model, seed)
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            (FOLDER / f"{kind}.safetensors").write_bytes((pathlib.Path(folder) / "model.safetensors").read_bytes())
            saved = json.loads((pathlib.Path(folder) / "config.json").read_text())
        for case_kind, pooling, activation in CASES:
            if case_kind != kind:
                continue
            own = type(config).from_dict(saved)
            key = "activation" if kind == "distilbert" else "hidden_act"
            if activation:
                setattr(own, key, activation)
            own._attn_implementation = "eager"
            run = architecture(own)
            run.load_state_dict(model.state_dict())
            run.double().eval()
            longest = max(LENGTHS)
            pad = lambda lists, value: torch.tensor([r + [value] * (longest - len(r)) for r in lists])
            mask = pad([[1] * n for n in LENGTHS], 0)
            logits = logits_of(run, kind, pooling, pad(rows, own.pad_token_id), pad(types, 0), mask)
            loss = torch.nn.functional.cross_entropy(logits, labels)
            loss.backward()
            name = "-".join([kind, *(["mean"] if pooling == "mean" else []), *([activation] if activation else [])])
            # What a head does not read (BERT's pooler is always read) would have no gradient: none here.
            save_file({n: p.grad.float().contiguous() for n, p in run.named_parameters()}, FOLDER / f"{name}.gradients.safetensors")
            cases.append({"name": name, "weights": kind, "pooling": pooling, "config": {**saved, **({key: activation} if activation else {})},
                          "parameters": [[n, list(p.shape)] for n, p in run.named_parameters()], "loss": loss.item(), "logits": logits.tolist()})
    golden = {"transformers": transformers.__version__, "torch": torch.__version__, "rows": rows, "types": types, "labels": labels.tolist(), "cases": cases}
    dump(golden, FOLDER / "models.json")


def dump(golden, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    one = lambda v: json.dumps(v, separators=(",", ":"))
    lines = lambda v: "[\n" + ",\n".join(map(one, v)) + "\n]" if isinstance(v, list) and v and isinstance(v[0], (dict, list)) else one(v)
    path.write_text("{\n" + ",\n".join(f"{one(k)}:{lines(v)}" for k, v in golden.items()) + "\n}\n", encoding="utf-8")
    print(path.name, path.stat().st_size, "bytes")


def byte_level():
    rng = random.Random(20261121)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choice(letters) for _ in range(rng.randint(1, 7))) for _ in range(150)] + ["don't", "we've", "it's", "naïve", "café", "2026", "3.14", "😀", "Straße", "日本", "привет"]
    corpus = [" ".join(rng.choice(words) for _ in range(12)) + rng.choice([".", "!", "?", "..."]) for _ in range(400)]
    with tempfile.TemporaryDirectory() as folder:
        trained = ByteLevelBPETokenizer()
        trained.train_from_iterator(corpus, vocab_size=420, min_frequency=2, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"], show_progress=False)
        trained.save_model(folder)
        vocab = json.loads((pathlib.Path(folder) / "vocab.json").read_text(encoding="utf-8"))
        merges = (pathlib.Path(folder) / "merges.txt").read_text(encoding="utf-8")
        variants = []
        for prefix in [False, True]:
            # transformers takes the merges as pairs; the file's first line is its version.
            pairs = [tuple(line.split(" ")) for line in merges.split("\n")[1:] if line]
            t = RobertaTokenizerFast(vocab=dict(vocab), merges=pairs, add_prefix_space=prefix)
            t.save_pretrained(folder)
            variants.append(json.loads((pathlib.Path(folder) / "tokenizer.json").read_text(encoding="utf-8")))
    # As published checkpoints have it: <mask> takes the white space before it.
    variants.append(json.loads(json.dumps(variants[0])))
    for token in variants[2]["added_tokens"]:
        token["lstrip"] = token["content"] == "<mask>"
    pool = [*letters] + [w for w in words if len(w) > 3][:60] + [" "] * 60 + ["  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u0085", "\ufeff", "\u200b", "\u2028", "'", "'s", "'t", "'re", "'VE", "’s", "\"", ".", ",", "!!", "...", "#", "@", "$", "=", "_", "1", "42", "½", "Ⅷ", "²", "١", "é", "e\u0301", "ñ", "ß", "日本", "語", "привет", "אב", "ا", "😀", "👩\u200d💻", "🇦🇹", "\U0002b820", "\0", "\ue000", "<s>", "</s>", "<pad>", "<unk>", "<mask>", " <mask> ", "<S>", "<s", "<mask"]
    make = lambda most: "".join(rng.choice(pool) for _ in range(rng.randint(0, most)))
    cases = []
    loaded = [Tokenizer.from_str(json.dumps(v)) for v in variants]
    for i in range(600):
        which = 0 if i < 350 else 1 + i % 2
        pair = make(14) if rng.random() < .4 else None
        max_length = rng.choice([4, 5, 6, 7, 8, 11, 16, 512]) if pair is not None else rng.choice([2, 3, 5, 9, 512, 512])
        text = make(24)
        loaded[which].no_padding()
        loaded[which].enable_truncation(max_length, strategy="longest_first")
        e = loaded[which].encode(text, pair)
        assert set(e.type_ids) <= {0}, e.type_ids
        cases.append([which, text, pair, max_length, e.ids])
    # Left out: code points that a JavaScript engine and the library may know from different versions of Unicode,
    # and the inside of the large blocks whose members are all alike.
    alike = [(0x3401, 0x4DBE), (0x4E01, 0x9FFE), (0xAC01, 0xD7A2), (0xE001, 0xF8FE), (0x17001, 0x187F6), (0x20001, 0x323AE), (0xF0001, 0x10FFFC)]
    skipped, sweep, split = [], hashlib.sha256(), loaded[0].pre_tokenizer
    for c in range(0x110000):
        if 0xD800 <= c < 0xE000:
            continue
        if unicodedata.category(chr(c)) == "Cn" or any(a <= c <= b for a, b in alike):
            skipped.append(c)
            continue
        sweep.update("\n".join(p for p, _ in split.pre_tokenize_str(f"a{chr(c)}b {chr(c)}7{chr(c)} ")).encode() + b"\0")
    for variant in variants:
        assert variant["model"].pop("vocab") == vocab
        assert [" ".join(pair) for pair in variant["model"].pop("merges")] == [line for line in merges.split("\n")[1:] if line]
    dump({"tokenizers": tokenizers.__version__, "transformers": transformers.__version__, "vocab": vocab, "merges": merges, "variants": variants,
          "cases": cases, "sweep": {"skipped": ranges(skipped), "sha256": sweep.hexdigest()}}, SOURCE / "tokenizer/golden/byte-level.json")


def ranges(points):
    out = []
    for p in points:
        if out and out[-1][1] + 1 == p:
            out[-1][1] = p
        else:
            out.append([p, p])
    return " ".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in out)


for part in sys.argv[1:]:
    {"models": models, "tokenizers": byte_level}[part]()
