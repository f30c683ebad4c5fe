package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// A side is one of the two commits: its folder and its benchmarks.
type side struct {
	name string // "base" or "head", for messages
	root string // folder of the checkout
	bin  string // folder of the test binaries
	rows rows
}

func newSide(name, root, bin string) *side {
	return &side{name: name, root: root, bin: bin, rows: rows{}}
}

// program returns the path of a package's test binary.
func (s *side) program(pkg string) string {
	return filepath.Join(s.bin, strings.NewReplacer("/", "_", ".", "_").Replace(pkg)+".exe")
}

// has reports whether the commit has the package.
func (s *side) has(pkg string) bool {
	info, err := os.Stat(filepath.Join(s.root, filepath.FromSlash(pkg)))
	return err == nil && info.IsDir()
}

// build builds the test binary of a package. Paths are trimmed, so that the same
// source gives the same bytes.
func (s *side) build(ctx context.Context, pkg string) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-trimpath", "-buildvcs=false", "-o", s.program(pkg), pkg)
	cmd.Dir = s.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: go test -c %s: %w\n%s", s.name, pkg, err, bytes.TrimSpace(out))
	}
	return nil
}

// sameProgram reports whether both commits build the same test binary of a
// package, so that a comparison would say nothing.
func sameProgram(a, b *side, pkg string) bool {
	x, errX := os.ReadFile(a.program(pkg))
	y, errY := os.ReadFile(b.program(pkg))
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// run runs benchmarks of a package once and adds what they print to the rows.
func (s *side) run(ctx context.Context, pkg, bench string, benchtime time.Duration) error {
	cmd := exec.CommandContext(ctx, s.program(pkg),
		"-test.run=^$", "-test.bench="+bench, "-test.benchtime="+benchtime.String(), "-test.timeout=10m")
	cmd.Dir = filepath.Join(s.root, filepath.FromSlash(pkg))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: benchmarks %s of %s: %w\n%s", s.name, bench, pkg, err, bytes.TrimSpace(out))
	}
	return s.rows.read(out, s.name+" "+pkg)
}

// inTurn runs benchmarks of each side count times: A, B, A, B, …
func inTurn(ctx context.Context, sides []*side, pkg, bench string, benchtime time.Duration, count int) error {
	for range count {
		for _, s := range sides {
			if err := s.run(ctx, pkg, bench, benchtime); err != nil {
				return err
			}
		}
	}
	return nil
}

// only returns the -bench expression of the one benchmark called name.
func only(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		if i == 0 {
			p = "Benchmark" + p
		}
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}
