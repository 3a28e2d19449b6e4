import { CounterweightError } from "@counterweight/base";
import { isJsonObject } from "../checkpoint/model-folder.js";

/** One place of a template: a special token, or the first (0) or second (1) text. */
export type TemplatePiece =
  | { readonly kind: "special"; readonly id: number; readonly typeId: number }
  | { readonly kind: "text"; readonly which: 0 | 1; readonly typeId: number };

/** What stands around one text and around a pair: [CLS] A [SEP] and [CLS] A [SEP] B [SEP] for BERT. */
export interface Template {
  readonly single: readonly TemplatePiece[];
  readonly pair: readonly TemplatePiece[];
}

/** Special tokens that a template adds. */
export function specialCount(pieces: readonly TemplatePiece[]): number {
  return pieces.filter(({ kind }) => kind === "special").length;
}

/** BERT's template: type 0 up to and including the first [SEP], then 1. */
export function bertTemplate(cls: number, sep: number): Template {
  const single: TemplatePiece[] = [
    { kind: "special", id: cls, typeId: 0 },
    { kind: "text", which: 0, typeId: 0 },
    { kind: "special", id: sep, typeId: 0 },
  ];
  const second: TemplatePiece[] = [
    { kind: "text", which: 1, typeId: 1 },
    { kind: "special", id: sep, typeId: 1 },
  ];
  return { single, pair: [...single, ...second] };
}

/** RoBERTa's template: <s> A </s> and <s> A </s></s> B </s>, all of type 0. */
export function robertaTemplate(cls: number, sep: number): Template {
  const end: TemplatePiece = { kind: "special", id: sep, typeId: 0 };
  const single: TemplatePiece[] = [
    { kind: "special", id: cls, typeId: 0 },
    { kind: "text", which: 0, typeId: 0 },
    end,
  ];
  return { single, pair: [...single, end, { kind: "text", which: 1, typeId: 0 }, end] };
}

/**
 * The template of a `tokenizer.json`'s `post_processor`: `TemplateProcessing`, `BertProcessing` or
 * `RobertaProcessing`.
 * @throws CounterweightError("model") for other kinds and for malformed ones.
 */
export function parseTemplate(processor: unknown, where: string): Template {
  const fail = (what: string): never => {
    throw new CounterweightError("model", `post_processor: ${what}.`, {
      where,
      fix: "Use the tokenizer.json of a BERT, DistilBERT or RoBERTa checkpoint.",
    });
  };
  if (!isJsonObject(processor)) return fail("needed an object");
  const { type } = processor;
  if (type === "BertProcessing" || type === "RobertaProcessing") {
    const idOf = (pair: unknown): number => {
      const id: unknown = Array.isArray(pair) ? pair[1] : undefined;
      return typeof id === "number" ? id : fail("cls and sep need the form [token, id]");
    };
    const make = type === "BertProcessing" ? bertTemplate : robertaTemplate;
    return make(idOf(processor.cls), idOf(processor.sep));
  }
  if (type !== "TemplateProcessing") {
    return fail(
      `needed TemplateProcessing, BertProcessing or RobertaProcessing, got ${JSON.stringify(type)}`,
    );
  }
  const specials = isJsonObject(processor.special_tokens) ? processor.special_tokens : {};

  const piece = (item: unknown): TemplatePiece[] => {
    const [kind, value] = (isJsonObject(item) ? Object.entries(item)[0] : undefined) ?? [];
    if (!isJsonObject(value)) return fail("a piece of the template is not an object");
    const typeId = value.type_id ?? 0;
    if (typeof typeId !== "number" || !Number.isInteger(typeId) || typeId < 0 || typeId > 255) {
      return fail(`a type_id is ${JSON.stringify(typeId)}`);
    }
    if (kind === "Sequence" && (value.id === "A" || value.id === "B")) {
      return [{ kind: "text", which: value.id === "A" ? 0 : 1, typeId }];
    }
    const special = kind === "SpecialToken" ? specials[String(value.id)] : undefined;
    const ids: unknown = isJsonObject(special) ? special.ids : undefined;
    if (!Array.isArray(ids))
      return fail(`the special token ${JSON.stringify(value.id)} has no ids`);
    return ids.map((id: unknown) =>
      typeof id === "number" ? { kind: "special", id, typeId } : fail("an id is not a number"),
    );
  };
  const pieces = (items: unknown, texts: number): TemplatePiece[] => {
    if (!Array.isArray(items)) return fail("single and pair need lists");
    const result = items.flatMap(piece);
    const named = result.flatMap((one) => (one.kind === "text" ? [one.which] : []));
    if (
      named.length !== texts ||
      new Set(named).size !== texts ||
      (texts === 1 && named[0] !== 0)
    ) {
      return fail("single needs the text A once, pair A and B once each");
    }
    return result;
  };
  return { single: pieces(processor.single, 1), pair: pieces(processor.pair, 2) };
}
