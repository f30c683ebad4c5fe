// node wasi.mjs PROGRAM FOLDER [ARGUMENT]... runs a program with WASI, which sees a folder as /.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [program, folder, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: ["chord", ...args], env: { CHORD_NO_STATE: "1" }, preopens: { "/": folder } });
const module = await WebAssembly.compile(readFileSync(program));
process.exit(wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject())));
