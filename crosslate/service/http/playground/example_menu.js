/** A menu of examples to try. */

/** Fills `menu`; choosing one calls `take(example)`. */
export function offerExamples(menu, examples, take) {
  examples.forEach(({ name }, index) => menu.add(new Option(name, String(index))));
  menu.addEventListener("change", () => {
    if (menu.value) take(examples[Number(menu.value)]);
    menu.value = "";
  });
}
