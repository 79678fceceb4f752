/** Texts to try, by task. */

export const TRANSLATE = [
  { name: "a sentence", from: "en", text: "The house is small, but the garden is large." },
  { name: "prices and names", from: "en", text: "Müller paid £999 for the camera and €6 for the strap." },
  { name: "interface texts", from: "en", text: "Hello {name}, you have %d new messages.\nSave changes?\nFile %s was not found." },
  { name: "emoji", from: "en", text: "Hope you have an amazing day 😍❤️ See you tonight!" },
  { name: "Markdown", from: "en", format: "markdown", text: "# Getting started\n\nInstall the program with `pip install tool`, then **read the [guide](https://example.org)**.\n\n- It is free.\n- It works offline." },
  { name: "Portuguese", from: "pt", text: "O comboio das nove chega sempre atrasado, mas ninguém se queixa." },
];

export const SUMMARIZE = [
  { name: "a report", text: "The council met on Monday. After two hours it decided to repair the old bridge before winter. The work will cost two million euros, half of which the state pays. Until it is done, buses take the road along the river. Residents had asked for the repair for years. Two firms have offered to do the work, and the council will choose one of them in May." },
  { name: "a mail", text: "Hi Anna,\n\nI hope you had a good weekend. The delivery of the new printers has been postponed to Thursday because the truck broke down. Could you tell the second floor that they should keep the old ones until then? The technician will come on Friday at nine to install everything.\n\nBest regards,\nTom" },
];

export const ALIGN = [
  { name: "English and Portuguese", from: "en", to: "pt", source: "The black cat sleeps on the old chair.", target: "O gato preto dorme na cadeira velha." },
];
