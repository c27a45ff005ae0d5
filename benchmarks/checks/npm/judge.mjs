// A filter of the npm registry as a command: {"id", "text"} a line in, {"id", "flag", "score"} out.
import { createInterface } from "node:readline";

const starts = {
  async obscenity() {
    const { RegExpMatcher, englishDataset, englishRecommendedTransformers } = await import("obscenity");
    const matcher = new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers });
    return (text) => matcher.hasMatch(text);
  },
  async allprofanity() {
    const { AllProfanity } = await import("allprofanity");
    const filter = new AllProfanity({ silent: true });
    return (text) => filter.check(text);
  },
};

const contains = await starts[process.argv[2]]();
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { id, text } = JSON.parse(line);
  const flag = Boolean(contains(text));
  process.stdout.write(`${JSON.stringify({ id, flag, score: Number(flag) })}\n`);
}
