#!/usr/bin/env python3
"""Makes small checkpoints with random weights, as Transformers writes them, to be saved again by ours.

Usage: make-checkpoints.py FOLDER. One folder each: bert, roberta, distilbert, with a tokenizer of
the architecture's kind trained on a few sentences. Weights are drawn wide, so that logits differ.
"""

import pathlib
import sys

import torch
import transformers
from tokenizers import ByteLevelBPETokenizer, BertWordPieceTokenizer

SENTENCES = [
    "The cheese was late again, which is typical.",
    "This train is better than I feared and I love it.",
    "My neighbour's dog said nothing at all... not.",
    "Ünïcödé naïve façade, emoji 😀, 日本語, Ελληνικά, Кириллица, مرحبا",
]
SIZES = {"hidden": 32, "layers": 2, "heads": 4, "inner": 48, "longest": 160}


def main(folder):
    for kind in ("bert", "roberta", "distilbert"):
        target = folder / kind
        target.mkdir(parents=True)
        if kind == "roberta":
            trained = ByteLevelBPETokenizer()
            trained.train_from_iterator(
                SENTENCES * 20,
                vocab_size=400,
                special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
            )
            trained.save_model(str(target))
            fast = transformers.RobertaTokenizerFast.from_pretrained(target)
            config = transformers.RobertaConfig(
                vocab_size=len(fast),
                hidden_size=SIZES["hidden"],
                num_hidden_layers=SIZES["layers"],
                num_attention_heads=SIZES["heads"],
                intermediate_size=SIZES["inner"],
                max_position_embeddings=SIZES["longest"] + 2,
                type_vocab_size=1,
                num_labels=3,
            )
        else:
            trained = BertWordPieceTokenizer(lowercase=True)
            trained.train_from_iterator(SENTENCES * 20, vocab_size=300)
            trained.save_model(str(target))
            fast = transformers.BertTokenizerFast.from_pretrained(target)
            if kind == "bert":
                config = transformers.BertConfig(
                    vocab_size=len(fast),
                    hidden_size=SIZES["hidden"],
                    num_hidden_layers=SIZES["layers"],
                    num_attention_heads=SIZES["heads"],
                    intermediate_size=SIZES["inner"],
                    max_position_embeddings=SIZES["longest"],
                    num_labels=3,
                )
            else:
                config = transformers.DistilBertConfig(
                    vocab_size=len(fast),
                    dim=SIZES["hidden"],
                    n_layers=SIZES["layers"],
                    n_heads=SIZES["heads"],
                    hidden_dim=SIZES["inner"],
                    max_position_embeddings=SIZES["longest"],
                    num_labels=3,
                )
        torch.manual_seed(1)
        model = transformers.AutoModelForSequenceClassification.from_config(config)
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.2)
        model.save_pretrained(target)
        fast.save_pretrained(target)


main(pathlib.Path(sys.argv[1]))
