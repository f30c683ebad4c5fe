package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A side is one of the two commits: where it lies and what was built of it.
type side struct {
	name string // of the commit, for people
	root string // folder
	bin  string // folder of the benchmarks' programs
	rows rows
}

func newSide(name, root, bin string) *side {
	return &side{name: name, root: root, bin: bin, rows: rows{}}
}

// program returns where the benchmarks of a package lie.
func (s *side) program(pkg string) string {
	return filepath.Join(s.bin, strings.NewReplacer("/", "_", ".", "_").Replace(pkg)+".exe")
}

// has reports whether the commit has the package.
func (s *side) has(pkg string) bool {
	info, err := os.Stat(filepath.Join(s.root, filepath.FromSlash(pkg)))
	return err == nil && info.IsDir()
}

// build builds the benchmarks of a package. Paths are left out, so that the
// same source gives the same bytes.
func (s *side) build(ctx context.Context, pkg string) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-trimpath", "-buildvcs=false", "-o", s.program(pkg), pkg)
	cmd.Dir = s.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: go test -c %s: %w\n%s", s.name, pkg, err, bytes.TrimSpace(out))
	}
	return nil
}

// sameProgram reports whether the benchmarks of a package are the same bytes in
// both commits, so that there is nothing to compare.
func sameProgram(a, b *side, pkg string) bool {
	x, errX := os.ReadFile(a.program(pkg))
	y, errY := os.ReadFile(b.program(pkg))
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
