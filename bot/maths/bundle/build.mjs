// Builds mathjax.js, the one file that draws formulas, and takes over its licence and its font.
//
//     cd bot/maths/bundle && npm install --no-package-lock && npm run build && rm -r node_modules
//
// It writes bundle.json: the versions it was built from, and the hashes of what went in and came
// out. tests/test_maths_bundle.py holds them against the files and against package.json.

import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import opentype from "opentype.js";

const FONT = "cmu-serif-500-roman.ttf";
const SOURCES = ["package.json", "entry.js", "build.mjs"];
const BUILT = ["mathjax.js", FONT, "LICENSE-mathjax.txt", "LICENSE-cmu-serif.txt"];

// Every character the font can draw, and how wide: MathJax can't measure text without a page.
const font = opentype.loadSync(`node_modules/computer-modern/fonts/${FONT}`);
const drawn = Object.entries(font.tables.cmap.glyphIndexMap).filter(([, glyph]) => glyph);
const widths = drawn.map(([code, glyph]) =>
  [String.fromCodePoint(code), font.glyphs.get(glyph).advanceWidth / font.unitsPerEm]);
writeFileSync("node_modules/widths.json", JSON.stringify(Object.fromEntries(widths)));

await build({
  entryPoints: ["entry.js"], outfile: "mathjax.js", bundle: true, minify: true, format: "iife",
  platform: "neutral", mainFields: ["main"], target: "es2020", legalComments: "none",
  banner: { js: "/* MathJax and mhchemParser, Apache License 2.0: see LICENSE-mathjax.txt. Built by build.mjs. */" },
});
copyFileSync(`node_modules/computer-modern/fonts/${FONT}`, FONT);
copyFileSync("node_modules/mathjax-full/LICENSE", "LICENSE-mathjax.txt");
copyFileSync("node_modules/computer-modern/OFL.txt", "LICENSE-cmu-serif.txt");

const hash = (name) => createHash("sha256").update(readFileSync(name)).digest("hex");
const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
const names = Object.keys(JSON.parse(readFileSync("package.json")).devDependencies);
const list = (keys, value) => Object.fromEntries(keys.map((key) => [key, value(key)]));
writeFileSync("bundle.json", JSON.stringify({
  versions: list(names, version), sources: list(SOURCES, hash), built: list(BUILT, hash),
}, null, 2) + "\n");
