package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Tools that make parts of a release, as go install takes them.
const (
	cyclonedx = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"
	nfpm      = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2"
)

// install builds a tool and returns where it is.
func (r *release) install(tool, name string) (string, error) {
	dir := filepath.Join(r.work, "tools")
	if err := goTool(".", []string{"GOBIN=" + dir}, "install", "-trimpath", tool); err != nil {
		return "", fmt.Errorf("go install %s: %w", tool, err)
	}
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(dir, name), nil
}

// run runs a tool.
func run(tool string, args ...string) error {
	cmd := exec.Command(tool, args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %q: %w", filepath.Base(tool), args, err)
	}
	return nil
}

// modules writes for each binary the list of modules in it, as CycloneDX.
func (r *release) modules() error {
	tool, err := r.install(cyclonedx, "cyclonedx-gomod")
	if err != nil {
		return err
	}
	for _, t := range r.targets {
		file := filepath.Join(r.out, t.name(r.Tag)+".cdx.json")
		err := run(tool, "bin", "-json", "-std", "-noserial", "-notimestamp", "-version", r.Tag, "-output", file, r.binary(t))
		if err != nil {
			return err
		}
	}
	return nil
}
