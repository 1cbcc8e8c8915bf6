// A reporter for node's test runner that lets a run fail if a test was skipped.

export default async function* skipped(events) {
  for await (const { type, data } of events) {
    if (!/^test:(pass|fail)$/.test(type) || (data.skip ?? data.todo) === undefined) continue;
    process.exitCode = 1;
    yield `skipped: ${data.file}: ${data.name}\n`;
  }
}
