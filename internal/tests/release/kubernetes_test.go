package release_test

import (
	"path/filepath"
	"testing"
)

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
