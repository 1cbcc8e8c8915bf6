// A reporter for node's test runner, by which what is skipped has failed.

export default async function* skipped(events) {
  for await (const { type, data } of events) {
    if (!/^test:(pass|fail)$/.test(type) || (data.skip ?? data.todo) === undefined) continue;
    process.exitCode = 1;
    yield `skipped: ${data.file}: ${data.name}\n`;
  }
}
