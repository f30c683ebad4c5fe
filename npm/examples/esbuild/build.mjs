// Bundles the page, and copies the files that the package finds beside the bundle.
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

await build({ entryPoints: ["main.js"], bundle: true, format: "esm", target: "es2022", outdir: "out" });
fs.cpSync("index.html", "out/index.html");
fs.cpSync(fileURLToPath(new URL("./dist", import.meta.resolve("@querent-ai/wasm-chord/package.json"))), "out", { recursive: true });
