/** A translation as the page shows it: two texts, their sentences, and which words belong together. */

/** Of an answer of `/v1/translate` with links, for the text that was sent. */
export function translationOf(source, answer) {
  const { text, segments, alignment, warnings, detected, terms } = answer;
  const links = alignment?.links ?? [];
  return { source, target: text, segments, warnings, detected, links, terms: terms ?? [],
    sourceWords: alignment?.source_words ?? [], targetWords: alignment?.target_words ?? [] };
}

/** The links as pairs of indices into the two lists of words. */
export function pairs({ links, sourceWords, targetWords }) {
  const places = (words) => new Map(words.map(([start], index) => [start, index]));
  const [sources, targets] = [places(sourceWords), places(targetWords)];
  return links.map(({ source, target }) => [sources.get(source[0]), targets.get(target[0])]);
}

/** The sentence in which a span of the target begins, or -1. */
export const sentenceAt = ({ segments }, [start]) => segments.findIndex(({ target }) => target[0] <= start && start < target[1]);

/** The two texts of a sentence. */
export function sentenceOf({ source, target, segments }, index) {
  const { source: from, target: to } = segments[index];
  return { source: source.slice(...from), target: target.slice(...to) };
}

/** The same translation with another one of this sentence, whose `alignment` belongs to that pair alone. */
export function withSentence(translation, index, text, alignment) {
  const { source: from, target: to } = translation.segments[index];
  const grown = text.length - (to[1] - to[0]);
  const inside = ([start]) => to[0] <= start && start < to[1];
  const moved = ([start, end]) => (start >= to[1] ? [start + grown, end + grown] : [start, end]);
  const shifted = ([start, end], by) => [start + by, end + by];
  const fresh = alignment.target_words.map((word) => shifted(word, to[0]));
  return {
    ...translation,
    target: translation.target.slice(0, to[0]) + text + translation.target.slice(to[1]),
    segments: translation.segments.map((segment, at) =>
      ({ ...segment, target: at === index ? [to[0], to[0] + text.length] : moved(segment.target) })),
    warnings: translation.warnings.filter(({ target }) => !target || !inside(target))
      .map((warning) => (warning.target ? { ...warning, target: moved(warning.target) } : warning)),
    terms: translation.terms.filter(({ span }) => span && !inside(span)).map((term) => ({ ...term, span: moved(term.span) })),
    links: [
      ...translation.links.filter(({ target }) => !inside(target)).map((link) => ({ ...link, target: moved(link.target) })),
      ...alignment.links.map(({ source, target }) => ({ source: shifted(source, from[0]), target: shifted(target, to[0]) })),
    ],
    targetWords: [...translation.targetWords.filter((word) => !inside(word)).map(moved), ...fresh].sort((a, b) => a[0] - b[0]),
  };
}
