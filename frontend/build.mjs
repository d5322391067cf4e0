// Builds the pages' assets into src/gongshu/web/static/dist: bundles with hashed names, one sprite of the icons listed in
// icons.txt, pictures, a .br and .gz twin of every text file, and manifest.json (name -> hashed name) for {% asset %}.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(here);
const out = path.join(root, "src/gongshu/web/static/dist");
const iconFolder = path.join(root, "node_modules/@tabler/icons/icons/outline");
const manifest = {};

async function emit(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const { name: stem, ext } = path.parse(name);
  const file = `${stem}-${hash}${ext}`;
  await writeFile(path.join(out, file), bytes);
  manifest[name] = file;
}

async function bundles() {
  const result = await esbuild.build({
    entryPoints: ["app.js", "map.js", "chart.js", "app.css", "map.css"].map((name) => path.join(here, name)),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2020",
    legalComments: "none",
    loader: { ".png": "dataurl", ".svg": "dataurl" },
    outdir: out,
    write: false,
    logLevel: "warning",
  });
  for (const file of result.outputFiles) await emit(path.basename(file.path), file.contents);
}

async function sprite() {
  const names = (await readFile(path.join(here, "icons.txt"), "utf8")).split(/\s+/).filter(Boolean);
  const symbols = [];
  for (const name of names) {
    const svg = await readFile(path.join(iconFolder, `${name}.svg`), "utf8");
    const body = svg.replace(/<!--[\s\S]*?-->/g, "").match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1];
    const drawn = body.replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/g, "").replace(/\s*\n\s*/g, "");
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24">${drawn}</symbol>`);
  }
  await emit("icons.svg", Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`));
}

async function pictures() {
  const folder = path.join(here, "images");
  for (const name of await readdir(folder)) await emit(name, await readFile(path.join(folder, name)));
}

async function compressed() {
  for (const file of Object.values(manifest)) {
    if (!/\.(js|css|svg)$/.test(file)) continue;
    const bytes = await readFile(path.join(out, file));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
    await writeFile(path.join(out, `${file}.br`), brotliCompressSync(bytes, { params }));
    await writeFile(path.join(out, `${file}.gz`), gzipSync(bytes, { level: 9 }));
  }
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await Promise.all([bundles(), sprite(), pictures()]);
await compressed();
await writeFile(path.join(out, "manifest.json"), `${JSON.stringify(manifest, Object.keys(manifest).sort(), 1)}\n`);
console.log(`${Object.keys(manifest).length} files -> ${path.relative(root, out)}`);
