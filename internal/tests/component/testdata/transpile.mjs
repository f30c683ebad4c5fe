// node transpile.mjs COMPONENT FOLDER: makes a component a module of JavaScript.
import { readFile } from "node:fs/promises";
import { transpile, writeFiles } from "@bytecodealliance/jco-transpile";
import * as tools from "@bytecodealliance/jco-transpile/wasm-tools";

const [component, folder] = process.argv.slice(2);
console.log(await tools.componentWit(await readFile(component))); // it is valid
const { files } = await transpile(component, { name: "chord", outDir: folder });
await writeFiles(files);
