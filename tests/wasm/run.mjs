// Asks the module about every bundle of sigstore-conformance and of python.org, and for Google's vectors: the verdicts have
// to be those of the library on any other machine.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [module, vectors] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(module), {});
const { memory, room, ask, wycheproof } = instance.exports;

function text(at) {
  const [start, length] = new Uint32Array(memory.buffer, at, 2);
  return new TextDecoder().decode(new Uint8Array(memory.buffer, start, length));
}

function asked(question) {
  const bytes = new TextEncoder().encode(JSON.stringify(question));
  const at = room(bytes.length);
  new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
  return text(ask(at, bytes.length));
}

const wrong = [];
const counts = {};

/** An empty answer is an accepted bundle. */
function count(suite, name, mustAccept, answer) {
  counts[suite] ??= { accepted: 0, refused: 0 };
  counts[suite][answer === "" ? "accepted" : "refused"] += 1;
  if ((answer === "") !== mustAccept) wrong.push(`${name}: ${answer || "accepted"}`);
}

const now = Math.floor(Date.now() / 1000);
const read = (path, otherwise = null) => (existsSync(path) ? readFileSync(path, "utf8") : otherwise);
const sha256 = (path) => `sha256:${createHash("sha256").update(readFileSync(path)).digest("hex")}`;

const suite = join(vectors, "sigstore-conformance/bundle-verify");
const beacon =
  "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon" +
  "/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
for (const entry of readdirSync(suite, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  const folder = join(suite, entry.name);
  const own = join(folder, "artifact");
  const answer = asked({
    bundle: read(join(folder, "bundle.sigstore.json")),
    digest: sha256(existsSync(own) ? own : join(suite, "a.txt")),
    root: read(join(folder, "trusted_root.json")),
    key: read(join(folder, "key.pub")),
    identity: read(join(folder, "identity"), beacon).trim(),
    issuer: read(join(folder, "issuer"), "https://token.actions.githubusercontent.com").trim(),
    now,
  });
  count("sigstore-conformance", entry.name, !entry.name.endsWith("_fail"), answer);
}

const python = join(vectors, "cpython");
for (const line of read(join(python, "manifest.jsonl")).trim().split("\n")) {
  const { bundle, sha256, identity, issuer } = JSON.parse(line);
  const question = { bundle: read(join(python, bundle)), digest: `sha256:${sha256}`, root: null, key: null, identity, issuer, now };
  count("python.org", bundle, true, asked(question));
  count("python.org, another artifact", bundle, false, asked({ ...question, digest: `sha256:${"0".repeat(64)}` }));
}

// The counts of verify-lib/tests/wycheproof.rs.
const expected = {
  "P-256": "174, 310", "P-384": "194, 310", "P-521": "232, 310", "P-384 with SHA-256": "162, 310", Ed25519: "88, 63",
  "RSA 2048": "9, 250", "RSA 3072": "8, 251", "RSA 4096": "7, 251", "RSA-PSS 2048": "63, 45",
};
for (const line of text(wycheproof()).trim().split("\n")) {
  const [name, verdicts] = line.split(": ");
  console.log(`wycheproof, ${name}: ${verdicts} (accepted, refused)`);
  if (verdicts !== expected[name]) wrong.push(`wycheproof, ${line}: expected ${expected[name]}`);
}

console.log(counts);
for (const line of wrong) console.error(`error: ${line}`);
const complete = counts["sigstore-conformance"].accepted === 21 && counts["sigstore-conformance"].refused === 49;
process.exit(wrong.length === 0 && complete ? 0 : 1);
