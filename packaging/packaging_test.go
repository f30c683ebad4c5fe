package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestNotes(t *testing.T) {
	const log = "# Changelog\n\n## Unreleased\n\n- next\n\n## [0.2.0] - 2026-01-02\n\n### Added\n\n- two\n\n## 0.1.0\n\n- one\n"
	for _, c := range []struct{ version, want string }{
		{"v0.2.0", "### Added\n\n- two\n"},
		{"v0.1.0", "- one\n"},
		{"v0.1", ""},
		{"v0.3.0", ""},
	} {
		got, err := notes(log, c.version)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: got %q, %v, want %q", c.version, got, err, c.want)
		}
	}
}

// TestPrepare wants a version in all places that have one, and nothing else changed.
func TestPrepare(t *testing.T) {
	before := map[string]string{
		"go.work":          "go 1.26\n\nuse ./server\n\nreplace (\n\tgithub.com/querent-ai/chord v0.0.0 => .\n\tgithub.com/querent-ai/chord/server v0.0.0 => ./server\n)\n",
		"go.mod":           "module github.com/querent-ai/chord\n\ngo 1.26\n",
		"server/go.mod":    "module github.com/querent-ai/chord/server\n\nrequire (\n\tgithub.com/querent-ai/chord v0.0.0\n\tgolang.org/x/sys v0.47.0\n)\n",
		"a/go.work":        "replace github.com/querent-ai/chord v0.0.0 => ..\n",
		"cmd/c/go.mod":     "module m\n\nrequire github.com/querent-ai/chord/server v0.1.0-rc.1 // indirect\n",
		"CHANGELOG.md":     "# Changelog\n\n## Unreleased\n\n- new\n\n## 0.1.0\n\n- old\n",
		"testdata/go.mod":  "module testdata\n",
		"npm/package.json": "{\n  \"name\": \"chord\",\n  \"version\": \"0.0.0\",\n  \"type\": \"module\"\n}\n",
		"wit/chord.wit":    "/// Models.\npackage querent:chord@0.0.0;\n\nworld w { import a:b/c@0.2.0; }\n",
	}
	dir := t.TempDir()
	for name, text := range before {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := prepare(dir, "v0.2.0"); err != nil {
		t.Fatal(err)
	}
	change := strings.NewReplacer("chord v0.0.0", "chord v0.2.0", "server v0.0.0", "server v0.2.0", "v0.1.0-rc.1", "v0.2.0", `"0.0.0"`, `"0.2.0"`, "querent:chord@0.0.0", "querent:chord@0.2.0",
		"## Unreleased\n", "## Unreleased\n\n## 0.2.0\n")
	for name, text := range before {
		if got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err != nil || string(got) != change.Replace(text) {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
	for _, version := range []string{"v0.2.0", "0.3.0", "v0.3"} { // one that is there, two that are none
		if err := prepare(dir, version); err == nil {
			t.Errorf("%s: no error", version)
		}
	}
}

func TestChoose(t *testing.T) {
	if all, err := choose(""); err != nil || len(all) != len(targets) {
		t.Errorf("%v, %v", all, err)
	}
	if got, err := choose("windows/arm64,linux/riscv64"); err != nil || !slices.Equal(got, []target{{"windows", "arm64"}, {"linux", "riscv64"}}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, list := range []string{"linux", "plan9/amd64", "linux/amd64,"} {
		if _, err := choose(list); err == nil {
			t.Errorf("%s: no error", list)
		}
	}
}

func TestNumbered(t *testing.T) {
	for version, want := range map[string]bool{"v0.1.0": true, "v1.2.3-rc.1": true, "devel": false, "v1": false, "1.2.3": false, "v1.2.3+x": false} {
		if got := numbered.MatchString(version); got != want {
			t.Errorf("%s: got %v", version, got)
		}
	}
}

// TestPack packs the same files twice: the archives are equal, and what is in them has
// its name, its mode and no time.
func TestPack(t *testing.T) {
	dir := t.TempDir()
	var list []entry
	for i, mode := range []os.FileMode{0o755, 0o644} {
		file := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(file, bytes.Repeat([]byte{byte(i)}, 1000), 0o600); err != nil {
			t.Fatal(err)
		}
		list = append(list, entry{fmt.Sprintf("chord/%d", i), file, mode})
	}
	for _, name := range []string{"a.tar.gz", "a.zip"} {
		var last []byte
		for range 2 {
			file := filepath.Join(dir, name)
			if err := pack(file, list); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if last != nil && !bytes.Equal(b, last) {
				t.Errorf("%s: another archive the second time", name)
			}
			last = b
		}
		want := "chord/0 -rwxr-xr-x 1000 1980\nchord/1 -rw-r--r-- 1000 1980\n"
		if got := listing(t, name, last); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
}

// listing returns names, modes, sizes and years of the files of an archive.
func listing(t *testing.T, name string, b []byte) string {
	t.Helper()
	var s strings.Builder
	if strings.HasSuffix(name, ".zip") {
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			fmt.Fprintf(&s, "%s %v %d %d\n", f.Name, f.Mode(), f.UncompressedSize64, f.Modified.Year())
		}
		return s.String()
	}
	gz, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return s.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&s, "%s %v %d %d\n", h.Name, h.FileInfo().Mode(), h.Size, h.ModTime.UTC().Year())
	}
}

// made returns a release with archives that hold nothing but their names.
func made(t *testing.T) *release {
	t.Helper()
	r := &release{Tag: "v1.2.3", Version: "1.2.3", out: t.TempDir(), work: t.TempDir(), targets: targets}
	for _, g := range targets {
		if err := os.WriteFile(filepath.Join(r.out, g.archive(r.Tag)), []byte(g.name(r.Tag)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// TestManifests wants formula, manifest and flake to name archives of the release, each
// with its own checksum.
func TestManifests(t *testing.T) {
	r := made(t)
	if err := r.manifests(); err != nil {
		t.Fatal(err)
	}
	flake := filepath.Join(r.work, "flake.nix")
	for _, c := range []struct {
		file string
		pair string // address, then checksum
		sum  func(system, arch string) (string, error)
		n    int
	}{
		{filepath.Join(r.out, "chord.rb"), `url "(.*)"\s+sha256 "(.*)"`, r.Sum, 4},
		{filepath.Join(r.out, "chord.json"), `"url": "(.*)",\s+"hash": "(.*)"`, r.Sum, 2},
		{flake, `url = "(.*)";\s+hash = "(.*)";`, r.SRI, 5},
	} {
		b, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		pairs := regexp.MustCompile(c.pair).FindAllStringSubmatch(string(b), -1)
		if len(pairs) != c.n {
			t.Errorf("%s: %d archives, want %d", c.file, len(pairs), c.n)
		}
		for _, p := range pairs {
			i := slices.IndexFunc(targets, func(g target) bool { return r.URL(g.os, g.arch) == p[1] })
			if i < 0 {
				t.Errorf("%s: no archive is at %s", c.file, p[1])
				continue
			}
			if want, err := c.sum(targets[i].os, targets[i].arch); err != nil || p[2] != want {
				t.Errorf("%s: %s has checksum %s, want %s, %v", c.file, p[1], p[2], want, err)
			}
		}
		if strings.Count(string(b), "1.2.3") < 3 || strings.Contains(string(b), "{{") {
			t.Errorf("%s:\n%s", c.file, b)
		}
	}
	checkScoop(t, filepath.Join(r.out, "chord.json"))
	understood(t, "ruby", "-c", filepath.Join(r.out, "chord.rb"))
	understood(t, "nix-instantiate", "--parse", flake)
}

// understood lets a program read a file, if it is there.
func understood(t *testing.T, name string, args ...string) {
	t.Helper()
	tool, err := exec.LookPath(name)
	if err != nil {
		t.Logf("no %s here to read %s", name, filepath.Base(args[1]))
		return
	}
	if out, err := exec.Command(tool, args...).CombinedOutput(); err != nil {
		t.Errorf("%s %q: %v\n%s", name, args, err, out)
	}
}

// checkScoop wants Scoop to find the program in the archive, now and after an update.
func checkScoop(t *testing.T, file string) {
	t.Helper()
	type place struct {
		URL string
		Dir string `json:"extract_dir"`
	}
	var m struct {
		Version      string
		Bin          string
		Architecture map[string]place
		Autoupdate   struct{ Architecture map[string]place }
	}
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil || m.Version != "1.2.3" || m.Bin != "chord.exe" || len(m.Architecture) != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	for arch, p := range m.Architecture {
		if !strings.HasSuffix(p.URL, "/"+p.Dir+".zip") {
			t.Errorf("%s: folder %s of %s", arch, p.Dir, p.URL)
		}
		next := m.Autoupdate.Architecture[arch]
		if got := strings.ReplaceAll(next.URL, "$version", "1.2.3"); got != p.URL || strings.ReplaceAll(next.Dir, "$version", "1.2.3") != p.Dir {
			t.Errorf("%s: an update looks for %+v", arch, next)
		}
	}
}

// TestSums wants every file in SHA256SUMS, but that file.
func TestSums(t *testing.T) {
	r := made(t)
	if err := r.sums(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(r.out, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	for _, line := range lines {
		sum, name, _ := strings.Cut(line, "  ")
		if want, err := sha256Of(filepath.Join(r.out, name)); err != nil || sum != want {
			t.Errorf("%s: %v", line, err)
		}
	}
	if len(lines) != len(targets) {
		t.Errorf("%d files, want %d", len(lines), len(targets))
	}
}

// TestUnit wants systemd to understand the unit, and to think little of it exposed.
func TestUnit(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze here")
	}
	b, err := os.ReadFile("files/chord.service")
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "chord.service")
	// A program that is there, and no manual, which man would look for.
	text := strings.Replace(string(b), "/usr/bin/chord", "/bin/true", 1)
	text = strings.Replace(text, "man:chord-serve(1) ", "", 1)
	if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tool, "verify", unit).CombinedOutput(); err != nil || strings.Contains(string(out), unit) {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := exec.Command(tool, "security", "--offline=true", "--threshold=15", "--no-pager", unit).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
