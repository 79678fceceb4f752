// Compiles, and nothing more: what a program in TypeScript may write, and what it may not.
import { ApiError, Client, matrixValues, type Translation, type TranslationEvent } from "crosslate-client";

const client = new Client("http://localhost:8000", { apiKey: "k", retries: { maxTries: 1 } });

async function all(): Promise<void> {
  const translation: Translation = await client.translate("a", { target_lang: "pt", alignment: "matrix" });
  const values: Float32Array | null = translation.alignment?.matrix ? matrixValues(translation.alignment.matrix) : null;
  for await (const event of client.streamTranslation("a", { target_lang: "pt" })) {
    const shown: string = event.type === "done" ? event.result.text : event.text;
    console.log(shown, values);
  }
  const { content } = await client.documents.translate(new File(["a"], "a.txt"), { target_lang: "pt" });
  console.log(content.size, (await client.summarize("a", { length: "short" })).sentences[0].faithfulness);
  const event: TranslationEvent = { type: "token", text: "a" };
  console.log(event);
  // @ts-expect-error: a target language is needed
  await client.translate("a", {});
  // @ts-expect-error: no such level
  await client.translate("a", { target_lang: "pt", alignment: "words" });
}

all().catch((error: unknown) => {
  if (error instanceof ApiError) console.log(error.problem.errors[0]?.loc);
});
