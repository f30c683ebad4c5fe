// Package release_test makes a release of a made-up version from the last commit, as
// make release-check, and installs and runs what this machine can. Without the variable
// CHORD_RELEASE the tests are skipped: they compile chord for every system.
package release_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// version is the version that is made up.
const version = "v0.99.0"

// host is this machine's name in a release.
const host = runtime.GOOS + "-" + runtime.GOARCH

// scratch is the folder of clones and results.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "release")
	if err != nil {
		panic(err)
	}
	scratch = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// needed skips a test unless releases are checked.
func needed(t *testing.T) {
	t.Helper()
	if os.Getenv("CHORD_RELEASE") == "" {
		t.Skip("it makes a release: make release-check")
	}
}

// program returns where a program is, and skips the test if it is nowhere.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("this machine has no %s", name)
	}
	return path
}

// run runs a command, which must succeed, and returns what it prints.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// clone makes a clone of this repository with the commit and the tags of a release. All
// clones are the same commit.
func clone(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(scratch, name)
	run(t, "", nil, "git", "clone", "-q", "../../..", dir)
	run(t, dir, nil, "go", "run", "./packaging", "prepare", version)
	const date = "2026-01-02T03:04:05Z"
	run(t, dir, []string{"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date},
		"git", "-c", "user.name=chord", "-c", "user.email=chord@localhost", "commit", "-qam", "A release that is made up")
	for _, module := range []string{"", "server/", "cmd/chord/"} {
		run(t, dir, nil, "git", "tag", module+version)
	}
	return dir
}

var once struct {
	sync.Mutex
	dir string
}

// release returns the clone whose folder dist has the release.
func release(t *testing.T) string {
	t.Helper()
	needed(t)
	once.Lock()
	defer once.Unlock()
	if once.dir == "" {
		dir := clone(t, "first")
		run(t, dir, nil, "go", "run", "./packaging", "dist", version)
		once.dir = dir
	}
	return once.dir
}

// dist returns the path of a file of the release.
func dist(t *testing.T, name string) string {
	t.Helper()
	return filepath.Join(release(t), "dist", name)
}

// commit returns the commit of a clone.
func commit(t *testing.T, dir string) string {
	t.Helper()
	return strings.TrimSpace(run(t, dir, nil, "git", "rev-parse", "HEAD"))
}

// TestFiles wants an archive for each system, with everything in it, and checksums of all.
func TestFiles(t *testing.T) {
	dir := filepath.Dir(dist(t, "x"))
	for _, system := range []string{"linux-amd64.tar.gz", "linux-arm64.tar.gz", "linux-riscv64.tar.gz", "darwin-amd64.tar.gz", "darwin-arm64.tar.gz", "windows-amd64.zip", "windows-arm64.zip"} {
		name := "chord-" + version + "-" + system
		files := contents(t, filepath.Join(dir, name))
		folder, _, _ := strings.Cut(name, ".tar")
		folder = strings.TrimSuffix(folder, ".zip")
		program := "chord"
		if strings.Contains(system, "windows") {
			program += ".exe"
		}
		for _, want := range []string{program, "README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "man/man1/chord.1", "man/man1/chord-serve.1",
			"completions/chord.bash", "completions/_chord", "completions/chord.fish", "completions/chord.ps1"} {
			if len(files[folder+"/"+want]) == 0 {
				t.Errorf("%s: no %s", name, want)
			}
		}
		if strings.HasPrefix(system, "linux") {
			static(t, name, files[folder+"/"+program])
		}
	}
	demo := contents(t, filepath.Join(dir, "chord-web-"+version+".zip"))
	for _, want := range []string{"index.html", "sw.js", "shell.js", "demo/main.js", "page/app.js", "chord/index.mjs", "chord/chord.wasm", "chord/demo.gguf"} {
		if len(demo[want]) == 0 {
			t.Errorf("the web demo: no %s", want)
		}
	}
	sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(files) != bytes.Count(sums, []byte("\n"))+1 {
		t.Errorf("%d files, checksums\n%s", len(files), sums)
	}
	if runtime.GOOS == "linux" {
		run(t, dir, nil, "sha256sum", "--check", "--quiet", "SHA256SUMS")
	}
	if notes := run(t, release(t), nil, "go", "run", "./packaging", "notes", version); len(notes) < 100 {
		t.Errorf("notes %q", notes)
	}
}

// contents returns the files of an archive.
func contents(t *testing.T, name string) map[string][]byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	if strings.HasSuffix(name, ".zip") {
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			if files[f.Name], err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		return files
	}
	gz, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err == nil {
			files[h.Name], err = io.ReadAll(r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// static wants a program to need no loader and no library.
func static(t *testing.T, name string, b []byte) {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Errorf("%s: it asks for a loader", name)
		}
	}
}

// unpacked unpacks the archive of this machine, or another one of Linux, and returns where
// the program is.
func unpacked(t *testing.T, system string) string {
	t.Helper()
	folder := "chord-" + version + "-" + system
	file, name := dist(t, folder+".tar.gz"), "chord"
	if strings.HasPrefix(system, "windows") {
		file, name = dist(t, folder+".zip"), "chord.exe"
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, contents(t, file)[folder+"/"+name], 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// checkVersion wants a program to know version and commit, and to tell a story.
func checkVersion(t *testing.T, command ...string) {
	t.Helper()
	var v struct {
		Version, Commit string
		Modified        bool
	}
	text := run(t, "", nil, command[0], append(command[1:], "version", "--json")...)
	if err := json.Unmarshal([]byte(text), &v); err != nil || v.Version != version || v.Commit != commit(t, release(t)) || v.Modified {
		t.Errorf("%q: got %s, %v, want %s, commit %s", command, text, err, version, commit(t, release(t)))
	}
	if story := run(t, "", nil, command[0], append(command[1:], "run", "-n", "8", "--temp", "0", "Once upon a time")...); len(story) < 20 {
		t.Errorf("%q tells %q", command, story)
	}
}

// TestBinaries runs the binary of this machine, and those of others with qemu.
func TestBinaries(t *testing.T) {
	t.Run(host, func(t *testing.T) { checkVersion(t, unpacked(t, host)) })
	for arch, qemu := range map[string]string{"arm64": "qemu-aarch64-static", "riscv64": "qemu-riscv64-static"} {
		t.Run("linux-"+arch, func(t *testing.T) {
			needed(t)
			checkVersion(t, program(t, qemu), unpacked(t, "linux-"+arch))
		})
	}
}

// TestReproducible makes the files for this machine again, in another folder and without
// what Go has in its cache, and wants the same bytes.
func TestReproducible(t *testing.T) {
	first := filepath.Dir(dist(t, "x"))
	dir := clone(t, "elsewhere/second")
	run(t, dir, []string{"GOCACHE=" + filepath.Join(scratch, "cache")}, "go", "run", "./packaging", "-targets", runtime.GOOS+"/"+runtime.GOARCH, "dist", version)
	files, err := filepath.Glob(filepath.Join(dir, "dist", "chord-"+version+"-"+host+"*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, file := range files {
		a, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(first, filepath.Base(file)))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: other bytes the second time, %v", filepath.Base(file), err)
		}
	}
}

// TestModules wants the lists of modules to be those that the binaries name.
func TestModules(t *testing.T) {
	var list struct {
		BOMFormat string
		Metadata  struct {
			Component struct{ Name, Version string }
		}
		Components []struct{ Name, Version string }
	}
	b, err := os.ReadFile(dist(t, "chord-"+version+"-"+host+".cdx.json"))
	if err == nil {
		err = json.Unmarshal(b, &list)
	}
	c := list.Metadata.Component
	if err != nil || list.BOMFormat != "CycloneDX" || !strings.HasSuffix(c.Name, "/cmd/chord") || c.Version != version {
		t.Fatalf("%+v, %v", c, err)
	}
	var names []string
	for _, c := range list.Components {
		names = append(names, c.Name)
	}
	for line := range strings.Lines(run(t, "", nil, "go", "version", "-m", unpacked(t, host))) {
		if f := strings.Fields(line); len(f) > 2 && f[0] == "dep" && !slices.Contains(names, f[1]) {
			t.Errorf("no %s among %q", f[1], names)
		}
	}
}
