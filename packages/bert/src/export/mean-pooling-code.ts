import type { ArchitectureName } from "../architectures/registry.js";

/** File name of the Python code of a model with mean pooling, and the class in it. */
export const MEAN_POOLING_FILE = "modeling_mean_pooling.py";
export const MEAN_POOLING_CLASS = "MeanPooledForSequenceClassification";

/** What differs by architecture: the class, its encoder, and the logits of `[rows, 1, width]`. */
const parts: Readonly<
  Record<ArchitectureName, { readonly base: string; readonly call: string; readonly head: string }>
> = {
  bert: {
    base: "BertForSequenceClassification",
    call: "self.bert(input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)",
    head: "self.classifier(self.dropout(self.bert.pooler(mean)))",
  },
  distilbert: {
    base: "DistilBertForSequenceClassification",
    call: "self.distilbert(input_ids, attention_mask=attention_mask)",
    head: "self.classifier(self.dropout(torch.relu(self.pre_classifier(mean[:, 0]))))",
  },
  roberta: {
    base: "RobertaForSequenceClassification",
    call: "self.roberta(input_ids, attention_mask=attention_mask)",
    head: "self.classifier(mean)",
  },
};

/**
 * Python code by which Transformers computes a model with mean pooling: its own classes read the
 * first token only. `config.json` names it in `auto_map`, and
 * `from_pretrained(folder, trust_remote_code=True)` takes it.
 */
export function meanPoolingCode(architecture: ArchitectureName): string {
  const { base, call, head } = parts[architecture];
  return `"""Sequence classification whose head reads the mean of a text's tokens.

Written by Counterweight beside the weights. Load it with
AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True);
without that Transformers would read the first token's vector, and give other probabilities.
"""

import torch
from torch.nn.functional import cross_entropy
from transformers import ${base}
from transformers.modeling_outputs import SequenceClassifierOutput


class ${MEAN_POOLING_CLASS}(${base}):
    def forward(
        self, input_ids=None, attention_mask=None, token_type_ids=None, labels=None, **unused
    ):
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        hidden = ${call}[0]
        tokens = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * tokens).sum(dim=1, keepdim=True) / tokens.sum(dim=1, keepdim=True)
        logits = ${head}
        loss = None if labels is None else cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)
`;
}
