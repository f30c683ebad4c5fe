package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// run runs benchmarks of a package once and adds what they print to the side's
// rows. It returns the name of the CPU that they print.
func (s *side) run(ctx context.Context, pkg, bench string, benchtime time.Duration) (cpu string, err error) {
	cmd := exec.CommandContext(ctx, s.program(pkg),
		"-test.run=^$", "-test.bench="+bench, "-test.benchtime="+benchtime.String(), "-test.timeout=10m")
	cmd.Dir = filepath.Join(s.root, filepath.FromSlash(pkg))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: benchmarks %s of %s: %w\n%s", s.name, bench, pkg, err, bytes.TrimSpace(out))
	}
	return s.rows.add(out, s.name+" "+pkg)
}

// inTurn runs benchmarks of each side count times: A, B, A, B, …
func inTurn(ctx context.Context, sides []*side, pkg, bench string, benchtime time.Duration, count int) (cpu string, err error) {
	for range count {
		for _, s := range sides {
			if cpu, err = s.run(ctx, pkg, bench, benchtime); err != nil {
				return "", err
			}
		}
	}
	return cpu, nil
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
