package release_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFormula lets Ruby read the formula of Homebrew.
func TestFormula(t *testing.T) {
	needed(t)
	run(t, "", nil, program(t, "ruby"), "-c", dist(t, "chord.rb"))
}

// TestFlake lets Nix read the flake.
func TestFlake(t *testing.T) {
	needed(t)
	nix := program(t, "nix-instantiate")
	flake := filepath.Join(t.TempDir(), "flake.nix")
	if err := os.WriteFile(flake, contents(t, dist(t, "chord-flake.tar.gz"))["chord-flake/flake.nix"], 0o666); err != nil {
		t.Fatal(err)
	}
	run(t, "", nil, nix, "--parse", flake)
}

// TestKubernetes decodes the manifests strictly into the types of Kubernetes, which take
// too long to compile for every commit.
func TestKubernetes(t *testing.T) {
	needed(t)
	files, err := filepath.Glob("../../../deploy/kubernetes/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		if files[i], err = filepath.Abs(file); err != nil {
			t.Fatal(err)
		}
	}
	run(t, filepath.Join("testdata", "kubernetes"), []string{"GOWORK=off", "GOFLAGS="}, "go", append([]string{"run", "."}, files...)...)
}
