// Parses PowerShell scripts with the grammar that VS Code ships and fails for the first error in one.
const path = require('path'), fs = require('fs');
const dir = path.join(process.argv[2], '@vscode', 'tree-sitter-wasm', 'wasm');
const { Parser, Language } = require(path.join(dir, 'tree-sitter.js'));
(async () => {
  await Parser.init({ locateFile: (name) => path.join(dir, name) });
  const parser = new Parser();
  parser.setLanguage(await Language.load(path.join(dir, 'tree-sitter-powershell.wasm')));
  for (const file of process.argv.slice(3)) {
    const tree = parser.parse(fs.readFileSync(file, 'utf8'));
    if (!tree.rootNode.hasError) continue;
    const find = (n) => { if (n.isError || n.isMissing) return n; for (const c of n.children) { if (c.hasError || c.isMissing) { const f = find(c); if (f) return f; } } return null; };
    const n = find(tree.rootNode) || tree.rootNode;
    console.error(`${file}:${n.startPosition.row + 1}:${n.startPosition.column + 1}: ${n.text.slice(0, 200)}`);
    process.exit(1);
  }
})().catch((e) => { console.error(e); process.exit(2); });
