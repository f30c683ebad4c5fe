// Command packaging makes what a release consists of, in the folder dist:
//
//	go run ./packaging prepare VERSION
//	go run ./packaging dist VERSION
//	go run ./packaging notes VERSION
//
// prepare writes the version into the files go.work and go.mod, and into CHANGELOG.md: what has
// changed is the commit that gets the tags.
// dist builds an archive for each system. For a version such as v0.1.0 it also makes
// packages for Debian and RPM, what Homebrew, Scoop and Nix install from, and lists of
// the modules in each binary; every number in them is made of this one. So is the web
// demo. SHA256SUMS
// comes last. notes prints the section of CHANGELOG.md of the version.
//
// Nothing depends on the machine or the time, so that anybody with the same commit and
// the same Go makes the same bytes.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// numbered are the versions that are released; others, such as devel, have archives only.
var numbered = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

func main() {
	log.SetFlags(0)
	out := flag.String("out", "dist", "`folder` to fill, of which nothing is kept")
	only := flag.String("targets", "", "targets to build, such as linux/amd64, with commas; all if empty")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./packaging [flags] prepare|dist|notes VERSION")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	err := command(flag.Arg(0), flag.Arg(1), *out, *only)
	if err != nil {
		log.Fatalf("packaging: %v", err)
	}
}

// command runs one command.
func command(name, version, out, only string) error {
	switch name {
	case "prepare":
		return prepare(".", version)
	case "dist":
		chosen, err := choose(only)
		if err != nil {
			return err
		}
		return dist(version, out, chosen)
	case "notes":
		b, err := os.ReadFile("CHANGELOG.md")
		if err != nil {
			return err
		}
		text, err := notes(string(b), version)
		fmt.Print(text)
		return err
	}
	return fmt.Errorf("no command %q: prepare, dist or notes", name)
}

// dist fills the folder out.
func dist(version, out string, list []target) error {
	if strings.ContainsAny(version, "/ \t\n") || version == "" {
		return fmt.Errorf("version %q: want a form such as v0.1.0", version)
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.Mkdir(out, 0o777); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "packaging")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	r := &release{Tag: version, Version: strings.TrimPrefix(version, "v"), out: out, work: work, targets: list}
	steps := []func() error{r.share, r.archives}
	if numbered.MatchString(version) {
		steps = append(steps, r.web, r.modules, r.packages, r.manifests)
	}
	for _, step := range append(steps, r.sums) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// A release is what dist makes.
type release struct {
	Tag     string // v0.1.0
	Version string // 0.1.0
	out     string // folder of the results
	work    string // folder of what goes into them
	targets []target
}

// binary returns where the command for a target is built.
func (r *release) binary(t target) string {
	return filepath.Join(r.work, t.os+"-"+t.arch, t.program())
}
