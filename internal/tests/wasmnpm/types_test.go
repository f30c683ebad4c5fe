package wasmnpm

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
)

// tools installs what checks types, bundles, and uses the package, beside the project, in
// the versions of testdata/tools.
var tools = sync.OnceValues(func() ([]byte, error) {
	dir, err := installed()
	if err != nil {
		return []byte(dir), err
	}
	base := filepath.Dir(dir)
	if out, err := exec.Command("cp", "testdata/tools/package.json", "testdata/tools/package-lock.json", base).CombinedOutput(); err != nil {
		return out, err
	}
	c := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	c.Dir = base
	return c.CombinedOutput()
})

// A program that says wrong things of the package: every line has an error.
const wrong = `import { load } from "@querent-ai/wasm-chord";
const model = await load(7);
await load("demo", { nonsense: 1 });
const text: number = (await model.complete("a")).text;
for await (const t of model.generate("a", { seed: "7" })) console.log(t.text);
for await (const d of model.chat([{ role: "user", content: "a" }])) console.log(d.text);
(await model.chatCompletions({ messages: [], stream: true })).choices;
await model.session().append(7);
`

// installTools makes the tools part of what programs of the project find. Without a network
// the test is left out.
func installTools(t *testing.T) {
	t.Helper()
	if out, err := tools(); err != nil {
		if os.Getenv("CI") == "true" && runtime.GOOS == "linux" {
			t.Fatalf("npm cannot install the tools: %v\n%s", err, out)
		}
		t.Skipf("npm cannot install the tools: %v\n%s", err, out)
	}
}

// README.md's examples have the types of index.d.ts, by TypeScript's strict rules, and
// wrong programs have not.
func TestTypes(t *testing.T) {
	dir := project(t)
	installTools(t)
	tsc := filepath.Join("..", "node_modules", "typescript", "bin", "tsc")
	rules := []string{tsc, "--strict", "--noEmit", "--allowJs", "--checkJs", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,dom.asynciterable"}
	page, err := os.ReadFile(filepath.Join(root, "npm", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	programs := rules
	for i, example := range block.FindAllSubmatch(page, -1) {
		name := "example" + strconv.Itoa(i) + ".mts"
		write(t, dir, name, example[1])
		programs = append(programs, name)
	}
	run(t, dir, "node", programs...)

	write(t, dir, "wrong.mts", []byte(wrong))
	c := exec.CommandContext(t.Context(), "node", append(rules, "wrong.mts")...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err == nil {
		t.Fatal("the wrong program has no errors")
	}
	for line := 2; line <= 8; line++ {
		if place := "wrong.mts(" + strconv.Itoa(line) + ","; !bytes.Contains(out, []byte(place)) {
			t.Errorf("no error at %s", place)
		}
	}
}
