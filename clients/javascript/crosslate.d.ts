/** A client for Crosslate's own API. Spans are half open, `[start, end)`, in UTF-16 units unless `offset_unit` says otherwise. */

export type Span = [start: number, end: number];
export type OffsetUnit = "codepoint" | "utf16" | "utf8";
export type FinishReason = "stop" | "length";

export interface Abortable {
  /** Ends the request, and the server's work on it. */
  signal?: AbortSignal;
}

export interface ClientOptions {
  apiKey?: string | null;
  /** How long to wait for the server's answer, or its next event, however long the caller takes over one; a request's own `timeout_s` wins. */
  timeoutMs?: number;
  /** How often to send what may be sent again (4 in all), and the longest pause that a server may ask for (30 s). */
  retries?: { maxTries?: number; maxWaitMs?: number };
  fetch?: typeof globalThis.fetch;
}

/** How to decode; what is not given comes from the checkpoint. */
export interface Generation {
  num_beams?: number;
  max_new_tokens?: number;
  min_new_tokens?: number;
  length_penalty?: number;
  repetition_penalty?: number;
  no_repeat_ngram_size?: number;
  early_stopping?: boolean | "never";
  do_sample?: boolean;
  temperature?: number;
  top_k?: number;
  top_p?: number;
  seed?: number;
}

export interface GlossaryEntry {
  source: string;
  target: string;
}

/** See the API's reference; what is not given is the server's default, but `offset_unit`: "utf16". */
export interface TranslateOptions extends Abortable {
  target_lang: string;
  source_lang?: string | null;
  model?: string | null;
  format?: "text" | "markdown" | "html" | "xml";
  ignore_tags?: string[];
  splitting_tags?: string[];
  non_splitting_tags?: string[];
  translate_attributes?: boolean | string[];
  protect?: string[];
  line_breaks?: "auto" | "keep" | "join";
  split_sentences?: boolean;
  truncation?: "split" | "error";
  alignment?: "none" | "links" | "matrix" | "symmetric" | "full";
  hard_links?: "free" | "monotone" | null;
  offset_unit?: OffsetUnit;
  num_alternatives?: number;
  glossary?: GlossaryEntry[];
  glossary_id?: string | null;
  timeout_s?: number | null;
  generation?: Generation;
}

export interface SummarizeOptions extends Abortable {
  model?: string | null;
  format?: "text" | "markdown" | "html" | "xml";
  length?: "auto" | "headline" | "short" | "medium" | "long";
  query?: string | null;
  style?: "prose" | "bullets";
  alignment?: "none" | "sentences" | "links" | "matrix";
  offset_unit?: OffsetUnit;
  timeout_s?: number | null;
  generation?: Generation;
}

export interface AlignOptions extends Abortable {
  source_lang: string;
  target_lang: string;
  model?: string | null;
  alignment?: "links" | "matrix" | "symmetric" | "full";
  hard_links?: "free" | "monotone" | null;
  offset_unit?: OffsetUnit;
  timeout_s?: number | null;
}

export interface DocumentOptions extends Abortable {
  /** Of a `Blob` that has none; its ending says of which kind the file is. */
  name?: string;
  target_lang: string;
  source_lang?: string;
  model?: string;
  protect?: string[];
  glossary?: GlossaryEntry[];
  glossary_id?: string;
  columns?: string[];
  paths?: string[];
}

export interface Detection {
  lang: string;
  confidence: number;
}

export interface Notice {
  code: string;
  message: string;
  source: Span | null;
  target: Span | null;
}

export interface Link {
  source: Span;
  target: Span;
  score: number;
}

export interface Token {
  text: string;
  span: Span | null;
}

/** Attention over tokens; `matrixValues` decodes `data`. */
export interface Matrix {
  /** `[T, S]`, or `[L, H, T, S]`. */
  shape: number[];
  dtype: "float16";
  data: string;
}

export interface AlignmentMethod {
  layer: number | null;
  heads: number[] | null;
  row: "input" | "output";
  symmetric: boolean;
  /** What linked the other way, where links are symmetric: a model, or this one's encoder. */
  reverse: "model" | "encoder" | null;
  hard_links: "free" | "monotone" | null;
  pivot: string | null;
}

export interface Alignment {
  unit: OffsetUnit;
  method: AlignmentMethod;
  links: Link[];
  source_words: Span[];
  target_words: Span[];
  pharaoh: string;
  sink_mass: number[];
  source_tokens: Token[] | null;
  target_tokens: Token[] | null;
  matrix: Matrix | null;
}

export interface Segment {
  source: Span;
  target: Span;
  score: number;
  finish_reason: FinishReason;
}

export interface Alternative {
  text: string;
  score: number;
}

export interface Term {
  source: string;
  target: string;
  source_span: Span;
  span: Span | null;
  enforced: boolean;
  reason: string | null;
}

export interface Translation {
  model: string;
  text: string;
  source_lang: string;
  target_lang: string;
  detected: Detection | null;
  finish_reason: FinishReason;
  score: number;
  warnings: Notice[];
  segments: Segment[];
  alignment: Alignment | null;
  alternatives: Alternative[];
  terms: Term[] | null;
}

export interface Usage {
  characters: number;
  prompt_tokens: number;
  generation_tokens: number;
}

export interface Translations {
  model: string;
  translations: Translation[];
  usage: Usage;
}

export interface SummaryChunk {
  level: number;
  source: Span;
  summary: string;
  score: number;
  finish_reason: FinishReason;
}

export interface SentenceSource {
  source: Span;
  mass: number;
}

export interface SummarySentence {
  target: Span;
  sources: SentenceSource[];
  sink_mass: number;
}

export interface SummaryAlignment {
  unit: OffsetUnit;
  method: AlignmentMethod;
  sentences: SummarySentence[];
  links: Link[] | null;
  source_words: Span[] | null;
  target_words: Span[] | null;
  pharaoh: string | null;
  sink_mass: number[] | null;
  source_tokens: Token[] | null;
  target_tokens: Token[] | null;
  matrix: Matrix | null;
}

export interface SummarySupport {
  target: Span;
  faithfulness: number;
  copied: boolean;
  unsupported: Span[];
}

export interface Summary {
  model: string;
  text: string;
  finish_reason: FinishReason;
  score: number;
  warnings: Notice[];
  chunks: SummaryChunk[];
  alignment: SummaryAlignment | null;
  sentences: SummarySupport[];
}

export interface Summaries {
  model: string;
  summaries: Summary[];
  usage: Usage;
}

export interface AlignedPair {
  model: string;
  alignment: Alignment;
}

export interface Model {
  id: string;
  task: "translation" | "summarization";
  family: string;
  pairs: [source: string, target: string][];
  num_pairs: number;
  source_langs: string[];
  target_langs: string[];
  device: string;
  dtype: string;
  state: string;
  alignment: { layer: number; heads: number[] | null; row: "input" | "output"; threshold: number };
  max_source_tokens: number;
  size_bytes: number;
  license: string | null;
}

export interface Language {
  lang: string;
  name: string;
  targets: string[];
  pivoted: string[];
}

export interface GlossaryDictionary {
  source_lang: string;
  target_lang: string;
  num_entries: number;
}

export interface Glossary {
  id: string;
  name: string;
  created: string;
  dictionaries: GlossaryDictionary[];
  warnings: Notice[];
}

export interface DocumentNotice {
  code: string;
  message: string;
  place: string | null;
}

export interface DocumentFault {
  code: string;
  detail: string;
}

export interface DocumentStatus {
  id: string;
  state: "queued" | "running" | "done" | "failed";
  progress: number;
  characters: number;
  warnings: DocumentNotice[];
  /** How often a glossary's terms stand in it, and how many are translated as it has them. */
  terms: { found: number; enforced: number } | null;
  error: DocumentFault | null;
}

export interface DocumentFile {
  name: string;
  content: Blob;
}

export interface TokenEvent {
  type: "token";
  text: string;
}

export interface DoneEvent<T> {
  type: "done";
  result: T;
}

export type TranslationEvent = TokenEvent | ({ type: "segment"; text: string } & Segment) | DoneEvent<Translation>;
export type SummaryEvent =
  | TokenEvent
  | ({ type: "segment"; text: string; num_finished: number; num_chunks: number } & SummaryChunk)
  | DoneEvent<Summary>;

export class Client {
  /** For a server's address, with the path that a proxy has it under. */
  constructor(url: string | URL, options?: ClientOptions);
  translate(text: string, options: TranslateOptions): Promise<Translation>;
  /** As many as the server takes in one request: 128 by default. */
  translateAll(texts: string[], options: TranslateOptions): Promise<Translations>;
  /** The last event is `done`. Whoever stops iterating ends the server's work. */
  streamTranslation(text: string, options: TranslateOptions): AsyncGenerator<TranslationEvent, void, void>;
  summarize(text: string, options?: SummarizeOptions): Promise<Summary>;
  summarizeAll(texts: string[], options?: SummarizeOptions): Promise<Summaries>;
  streamSummary(text: string, options?: SummarizeOptions): AsyncGenerator<SummaryEvent, void, void>;
  align(source: string, target: string, options: AlignOptions): Promise<AlignedPair>;
  detect(text: string, options?: Abortable): Promise<Detection>;
  detectAll(texts: string[], options?: Abortable): Promise<Detection[]>;
  models(options?: Abortable): Promise<Model[]>;
  languages(options?: Abortable): Promise<Language[]>;
  readonly glossaries: Glossaries;
  readonly documents: Documents;
}

export interface Glossaries {
  create(
    name: string,
    dictionaries: { source_lang: string; target_lang: string; entries: GlossaryEntry[] }[],
    options?: Abortable,
  ): Promise<Glossary>;
  all(options?: Abortable): Promise<Glossary[]>;
  get(id: string, options?: Abortable): Promise<Glossary>;
  entries(id: string, options: Abortable & { source_lang: string; target_lang: string }): Promise<GlossaryEntry[]>;
  delete(id: string, options?: Abortable): Promise<null>;
}

export interface Documents {
  /** Sends a file, waits until it is translated, fetches it, and deletes it on the server, whatever happens. */
  translate(
    file: Blob,
    options: DocumentOptions & { onProgress?: (document: DocumentStatus) => void },
  ): Promise<DocumentFile & { warnings: DocumentNotice[] }>;
  send(file: Blob, options: DocumentOptions): Promise<DocumentStatus>;
  get(id: string, options?: Abortable): Promise<DocumentStatus>;
  /** Asks until it is translated; a server may be away for ten minutes meanwhile. `signal` ends it sooner. */
  wait(id: string, options?: Abortable & { onProgress?: (document: DocumentStatus) => void }): Promise<DocumentStatus>;
  fetch(id: string, options?: Abortable): Promise<DocumentFile>;
  delete(id: string, options?: Abortable): Promise<null>;
}

/** What a server says of a request that it does not serve (RFC 9457). */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  request_id: string | null;
  errors: { loc: (string | number)[]; msg: string }[];
  retry_after_s?: number;
}

export class CrosslateError extends Error {}

export class ApiError extends CrosslateError {
  readonly problem: Problem;
  readonly code: string;
  readonly status: number;
}

export class ConnectionFailedError extends CrosslateError {
  readonly wasSent: boolean;
  readonly hasTimedOut: boolean;
}

export class DocumentFailedError extends CrosslateError {
  readonly code: string;
}

/** The values of a matrix, row-major. */
export function matrixValues(matrix: Matrix): Float32Array;
