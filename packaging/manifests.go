package main

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
)

//go:embed files/chord.rb.tmpl files/chord.json.tmpl files/flake.nix.tmpl
var manifestFiles embed.FS

var manifestTemplates = template.Must(template.ParseFS(manifestFiles, "files/*"))

// releases is where the results of a release are.
const releases = "https://github.com/querent-ai/chord/releases/download/"

// URL returns the address of the archive for a system.
func (r *release) URL(system, arch string) string {
	return releases + r.Tag + "/" + target{system, arch}.archive(r.Tag)
}

// Folder returns the name of the folder in the archive for a system.
func (r *release) Folder(system, arch string) string { return target{system, arch}.name(r.Tag) }

// Sum returns the checksum of that archive, in hexadecimal digits.
func (r *release) Sum(system, arch string) (string, error) {
	return sha256Of(filepath.Join(r.out, target{system, arch}.archive(r.Tag)))
}

// SRI returns the same checksum as Nix writes it.
func (r *release) SRI(system, arch string) (string, error) {
	text, err := r.Sum(system, arch)
	if err != nil {
		return "", err
	}
	sum, err := hex.DecodeString(text)
	if err != nil || len(sum) != sha256.Size {
		return "", fmt.Errorf("checksum %q: %v", text, err)
	}
	return "sha256-" + base64.StdEncoding.EncodeToString(sum), nil
}

// manifests writes what Homebrew, Scoop and Nix install from: a formula, a manifest, and
// a flake in an archive, which nix takes by its address. They name all archives, so
// there are none if some were not built.
func (r *release) manifests() error {
	if len(r.targets) < len(targets) {
		fmt.Fprintln(os.Stderr, "packaging: no formula, manifest and flake without the archives of all targets")
		return nil
	}
	for _, name := range []string{"chord.rb", "chord.json"} {
		if err := render(manifestTemplates.Lookup(name+".tmpl"), filepath.Join(r.out, name), r); err != nil {
			return err
		}
	}
	flake := filepath.Join(r.work, "flake.nix")
	if err := render(manifestTemplates.Lookup("flake.nix.tmpl"), flake, r); err != nil {
		return err
	}
	return pack(filepath.Join(r.out, "chord-flake.tar.gz"), []entry{{"chord-flake/flake.nix", flake, 0o644}})
}
