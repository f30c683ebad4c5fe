package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// goTool runs the go command in a folder, with more environment, and without the flags
// of the user's, which would change the binary.
func goTool(dir string, env []string, args ...string) error {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "GOFLAGS="), env...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// build writes the static command for a target to name. The binary takes its version
// from the tag of the commit.
func build(name string, t target) error {
	// In its folder, since the command is a module of its own.
	return goTool("cmd/chord", []string{"GOOS=" + t.os, "GOARCH=" + t.arch, "CGO_ENABLED=0"},
		"build", "-buildvcs=auto", "-trimpath", "-ldflags", "-s -w", "-o", name, ".")
}

// completions are the files with which shells complete, by the shell.
var completions = map[string]string{"bash": "chord.bash", "zsh": "_chord", "fish": "chord.fish", "powershell": "chord.ps1"}

// share writes what is the same on all systems, with a binary for this one: man pages
// and completions.
func (r *release) share() error {
	host := filepath.Join(r.work, "host", target{os: runtime.GOOS}.program())
	if err := build(host, target{runtime.GOOS, runtime.GOARCH}); err != nil {
		return fmt.Errorf("the binary of this machine: %w", err)
	}
	if err := r.chord(host, nil, "man", filepath.Join(r.work, "share", "man", "man1")); err != nil {
		return err
	}
	dir := filepath.Join(r.work, "share", "completions")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for shell, name := range completions {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		err = r.chord(host, f, "completion", shell)
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// web writes the web demo, which hosts of files unpack and chord web serves.
func (r *release) web() error {
	return goTool(".", nil, "run", "./cmd/chord-wasm/build", "-web", filepath.Join(r.out, "chord-web-"+r.Tag+".zip"))
}

// chord runs the binary of this machine.
func (r *release) chord(name string, stdout *os.File, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "CHORD_CONFIG="+os.DevNull)
	cmd.Stdout, cmd.Stderr = stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("chord %v: %w", args, err)
	}
	return nil
}
