// node sessions.mjs NATIVE SAVED: uses sessions, prints what comes out, a line of JSON
// each, continues the session in the file NATIVE and writes one to SAVED.
import fs from "node:fs";
import { ChordError, load } from "@querent-ai/wasm-chord";

const [native, saved] = process.argv.slice(2);
const print = (name, value) => console.log(JSON.stringify({ name, value }));
const code = async (name, promise) => print(name, await promise.then(() => "none", (err) => (err instanceof ChordError ? err.code : String(err))));
const options = { maxTokens: 12, seed: 3 };
const text = async (stream) => {
	let all = "";
	for await (const token of stream) all += token.text ?? token.content ?? "";
	return all;
};

const model = await load("demo", { threads: 1, chatTemplate: "chatml", context: 2000 });
const session = model.session();
await session.append("Once upon a time");
const first = await text(session.generate(options));
print("text", first);
print("the model's", first === (await model.complete("Once upon a time", options)).text);
print("tokens", await session.tokens());
fs.writeFileSync(saved, await session.save());

const fork = await session.fork();
await fork.append(" The end.");
print("forked", (await fork.tokens()).length > (await session.tokens()).length);
const before = await session.tokens();
print("the same", (await text(session.generate(options))) === (await text((await model.restore(fs.readFileSync(saved))).generate(options))));
await session.rewind(before.length);
print("rewound", JSON.stringify(await session.tokens()) === JSON.stringify(before));
await session.rewind(0);
await session.append(before);
print("ids", JSON.stringify(await session.tokens()) === JSON.stringify(before));

// Calls that come at once wait for each other.
const queue = model.session();
const all = await Promise.all([queue.append("Once upon"), queue.append(" a time"), text(queue.generate(options)), queue.tokens()]);
print("queued", [all[2].length > 0, all[3].length > 12]);

const chat = model.session();
const messages = [{ role: "user", content: "?" }];
print("chat", (await text(chat.chat(messages, options))) === (await text(model.chat(messages, options))));
const again = chat.chat([...messages, { role: "assistant", content: "A." }, { role: "user", content: "?" }], options);
await text(again);
print("kept", (await chat.tokens()).length === (await again.result).usage.totalTokens);

const other = await model.restore(fs.readFileSync(native));
print("native", await text(other.generate(options)));

const bytes = fs.readFileSync(saved);
await code("damaged", model.restore(bytes.map((b, i) => (i === 100 ? b ^ 1 : b))));
await code("cut short", model.restore(bytes.subarray(0, bytes.length - 100)));
await code("empty", model.restore(new Uint8Array()));
await code("no bytes", model.restore("text"));
await code("another model", model.restore(bytes.map((b, i) => (i === 20 ? b ^ 1 : b))));
await code("nothing to continue", text(model.session().generate()));
await code("rewind beyond", session.rewind(1e6));
await code("rewind by half", session.rewind(0.5));
await code("no such token", session.append([1e6]));
await code("no tokens", session.append(7));
await code("too long", session.append("Once ".repeat(5000)));
const going = session.generate({ ignoreEos: true });
for await (const _ of going) break;
await code("left", going.result);
print("goes on", (await session.tokens()).length > before.length);
const waiting = text(session.generate({ ignoreEos: true }));
const controller = new AbortController();
const behind = session.append("never", { signal: controller.signal });
setTimeout(() => controller.abort(), 20);
await code("aborted while it waits", behind);
const closing = model.close();
await code("of a closed model", waiting);
await closing;
await code("after that", session.tokens());
await fork.close();
await code("closed", fork.tokens());
