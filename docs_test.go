package chord_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// notRun are the commands of the documentation that TestDocs cannot run, and
// why. Of chord's the flags are parsed; of go's the packages and the names of
// tests and benchmarks are looked up.
var notRun = map[string]string{
	"CGO_ENABLED=0 go install github.com/querent-ai/chord/cmd/chord@latest":                                                       "needs a published version and the network",
	"go get github.com/querent-ai/chord@latest":                                                                                   "needs a published version and the network",
	"go get github.com/querent-ai/chord/adapters/adk@latest":                                                                      "needs a published version and the network",
	"go get github.com/querent-ai/chord/adapters/eino@latest":                                                                     "needs a published version and the network",
	"go get github.com/querent-ai/chord/adapters/genkit@latest":                                                                   "needs a published version and the network",
	"go get github.com/querent-ai/chord/adapters/langchaingo@latest":                                                              "needs a published version and the network",
	"curl -L -o model.gguf https://huggingface.co/Qwen/Qwen2.5-0.5B-Instruct-GGUF/resolve/main/qwen2.5-0.5b-instruct-q4_k_m.gguf": "needs the network",
	"chord pull Qwen/Qwen2.5-0.5B-Instruct-GGUF":                                                                                  "needs the network",
	"chord pull Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0":                                                                             "needs the network",
	"chord pull hf://Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf":                                                                   "needs the network",
	"chord show Qwen/Qwen2.5-0.5B-Instruct-GGUF --json":                                                                           "needs the network",
	"chord rm Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0":                                                                               "needs a model that was fetched",
	"chord rm --yes Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M":                                                                       "needs a model that was fetched",
	"go test work": "this test is one of them",
	"go run ./cmd/chord-component/build -o chord.wasm": "internal/tests/component runs it",
	"make libchord": "the tests of cmd/libchord make it",
	"cmake -S libchord/share/chord/example -B story -DCMAKE_PREFIX_PATH=$PWD/libchord":    "the tests of cmd/libchord run it",
	"go test -run 'TestBitIdentical$/^chord-tales$' ./llama":                              "the tests of llama run it",
	"CHORD_CPU=generic go test -count=1 -run 'TestBitIdentical$/^chord-tales$' ./llama":   "the CI runs it for every tier",
	"go test -run '^$' -bench 'Gemv|Gemm' ./simd":                                         "takes minutes",
	"go test -run '^$' -bench Load ./llama":                                               "takes a minute",
	"go test -run '^$' -bench Generate .":                                                 "takes a minute",
	"chord bench -m out.gguf -n 64 --vs 'llama-bench -m out.gguf -n 64 -r 1 -o json'":     "needs llama-bench",
	"chord bench -m model.gguf -n 64 --vs 'llama-bench -m model.gguf -n 64 -r 1 -o json'": "needs llama-bench",
	"chord serve": "serves until a signal",
	"chord serve -m model.gguf --port 11434 --alias gpt-4o":                            "serves until a signal",
	"chord serve --host 0.0.0.0 --api-key-file keys.txt --model-file small=small.gguf": "serves until a signal",
	"source <(chord completion bash)":                                                  "sh has no such thing, and a test runs the scripts",
	"chord completion fish | source":                                                   "a test runs the scripts",
	"chord man ~/.local/share/man/man1 && man chord-run":                               "writes beside the user's own pages",
	"chord ps":     "needs a server",
	"chord health": "needs a server",
	"chord batch -m model.gguf --nats nats://host:4222 --worker":         "waits for batches until a signal",
	"chord batch -m model.gguf --listen 0.0.0.0:4222 in.jsonl out.jsonl": "takes a port of every interface",
	"chord health --port 11434":                                          "needs a server",
	"chord ps --host 192.168.1.20 --port 11434 --json":                   "needs a server",
	"chord stop qwen2.5-0.5b":                                            "needs a server",
	"chord stop small --port 11434":                                      "needs a server",
	"chord bench -m model.gguf -r 10 -o go | benchstat -":                "needs benchstat",
}

// standIns replace what is too large for a test.
var standIns = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`^go run \./cmd/chord\b`), "chord"},              // built once
	{regexp.MustCompile(`--shape [a-z0-9.-]+`), "--shape tiny"},          // gigabytes
	{regexp.MustCompile(`^chord bench\b`), "chord bench -r 1"},           // five times
	{regexp.MustCompile(`-p 512 -n 128\b`), "-p 16 -n 8"},                // seconds
	{regexp.MustCompile(`-d 0,4096\b`), "-d 0,16"},                       // beyond the tiny model's context
	{regexp.MustCompile(`--split-max-size 2G\b`), "--split-max-size 1M"}, // one part
}

// A block is a piece of code of a page.
type block struct {
	page string
	line int // of its first line
	lang string
	text string
}

var fence = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")

// docPages returns the pages whose code is run.
func docPages(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) < 5 {
		t.Fatalf("docs has %d pages, %v", len(pages), err)
	}
	return append([]string{"README.md"}, pages...)
}

// readPage returns a page as it was committed: git may end its lines otherwise
// on Windows.
func readPage(t *testing.T, page string) string {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// blocksOf returns the code of a page.
func blocksOf(t *testing.T, page string) []block {
	t.Helper()
	text := readPage(t, page)
	var all []block
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		b := block{page, 1 + strings.Count(text[:m[4]], "\n"), text[m[2]:m[3]], text[m[4]:m[5]]}
		if !slices.Contains([]string{"sh", "go", "text", "c", "cpp", "python", "js"}, b.lang) { // cmd/libchord and internal/tests/component run the last four
			t.Errorf("%s:%d: code in language %q: sh and go are run, text is not", page, b.line, b.lang)
		}
		all = append(all, b)
	}
	return all
}

// TestDocs runs every command and every piece of Go of README.md and docs, those
// of a block one after the other in a folder of its own, with small models under
// the names that the page uses.
func TestDocs(t *testing.T) {
	if testing.Short() || os.Getenv("CHORD_CPU") != "" || runtime.GOOS == "windows" {
		t.Skip("-short, another tier or no sh: once is enough")
	}
	d := newDocs(t)
	pieces := d.build(t)
	unused := map[string]bool{}
	for command := range notRun {
		unused[command] = true
	}
	for _, page := range docPages(t) {
		t.Run(filepath.Base(page), func(t *testing.T) {
			for _, b := range blocksOf(t, page) {
				dir := d.folder(t)
				switch b.lang {
				case "sh":
					for i, line := range commandsOf(b.text) {
						command, _, _ := strings.Cut(line, "  #")
						command = strings.TrimSpace(command)
						delete(unused, command)
						d.command(t, fmt.Sprintf("%s:%d", page, b.line+i), dir, command)
					}
				case "go":
					d.piece(t, b, dir, slices.Index(pieces, b))
				}
			}
		})
	}
	for command := range unused {
		t.Errorf("notRun has %q, which no page has", command)
	}
}

var goesOn = regexp.MustCompile(`( \\| \||,)\n *`)

// commandsOf returns the commands of a block: a line that ends in \, | or a comma goes
// on in the next one.
func commandsOf(text string) []string {
	text = goesOn.ReplaceAllStringFunc(strings.TrimSpace(text), func(end string) string {
		return strings.TrimSuffix(" "+strings.TrimSuffix(strings.TrimSpace(end), "\\"), " ") + " "
	})
	return strings.Split(text, "\n")
}

// A docs is what the pages' code is run with.
type docs struct {
	bin   string // folder of chord and of the pieces of Go
	files string // folder of the models and texts that pages name
}

// command runs one line of sh, or checks one that cannot be run.
func (d *docs) command(t *testing.T, where, dir, line string) {
	t.Helper()
	if notRun[line] != "" {
		d.check(t, where, dir, line)
		return
	}
	for _, s := range standIns {
		line = s.what.ReplaceAllString(line, s.by)
	}
	if strings.HasPrefix(line, "chord serve") {
		d.serve(t, where, dir, line)
		return
	}
	d.sh(t, where, dir, line)
}

// serve runs a server at a free port until it says that it is there, and ends it.
func (d *docs) serve(t *testing.T, where, dir, line string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", "exec "+line+" --port 0")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+d.bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "http://") {
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); !strings.Contains(lines.Text(), "http://") || cmd.ProcessState.ExitCode() != 143 {
		t.Errorf("%s: %s: %v, %q\n%s", where, line, err, lines.Text(), stderr.Bytes())
	}
}

// sh runs one line of sh, which must succeed.
func (d *docs) sh(t *testing.T, where, dir, line string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute) // what waits for something fails
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.WaitDelay = time.Second
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CHORD_NO_STATE=1", "CHORD_CONFIG="+os.DevNull, "PATH="+d.bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %s: %v\n%s", where, line, err, stderr.Bytes())
	}
	return out.Bytes()
}

var (
	goPackage = regexp.MustCompile(`(?:github\.com/querent-ai/chord|\.| work)(/[a-z/.]*)?(@latest)?$`)
	goNames   = regexp.MustCompile(`-(run|bench) ('[^']*'|\S+)`)
)

// check looks at a command that cannot be run.
func (d *docs) check(t *testing.T, where, dir, line string) {
	t.Helper()
	switch program, _, _ := strings.Cut(line, " "); program {
	case "chord":
		line, _, _ = strings.Cut(line, " | ")
		line, _, _ = strings.Cut(line, " && ")
		d.sh(t, where, dir, line+" --help")
	case "curl", "source", "make", "cmake":
	default:
		m := goPackage.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("%s: %s: no package", where, line)
			return
		}
		pkg := filepath.Join(".", strings.TrimSuffix(m[1], "..."))
		if files, _ := filepath.Glob(filepath.Join(pkg, "*.go")); files == nil {
			t.Errorf("%s: %s: no package in %s", where, line, pkg)
		}
		for _, m := range goNames.FindAllStringSubmatch(line, -1) {
			if pattern := strings.Trim(m[2], "'"); pattern != "^$" && !declares(t, pkg, m[1], pattern) {
				t.Errorf("%s: %s has nothing of that name: %s", where, pkg, pattern)
			}
		}
	}
}

// declares reports whether the tests of a package declare a test, or with "bench"
// a benchmark, that the pattern's first part matches.
func declares(t *testing.T, pkg, what, pattern string) bool {
	t.Helper()
	pattern, _, _ = strings.Cut(pattern, "/")
	names := regexp.MustCompile(`(?m)^func (` + map[string]string{"run": "Test", "bench": "Benchmark"}[what] + `\w*)`)
	files, err := filepath.Glob(filepath.Join(pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, m := range names.FindAllStringSubmatch(readPage(t, file), -1) {
			if regexp.MustCompile(pattern).MatchString(m[1]) {
				return true
			}
		}
	}
	return false
}
