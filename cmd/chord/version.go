package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord/internal/cpu"
	"github.com/querent-ai/chord/simd"
)

// A build says which version of chord this is, and on what it runs.
type build struct {
	Version  string   `json:"version"`
	Commit   string   `json:"commit"`        // "" if the binary does not say
	Sum      string   `json:"sum,omitempty"` // checksum of the module, if go install fetched it
	Modified bool     `json:"modified"`
	Go       string   `json:"go"`
	OS       string   `json:"os"`
	Arch     string   `json:"arch"`
	CPU      string   `json:"cpu"`   // the name that the CPU gives itself, "" if it has none
	Tiers    []string `json:"tiers"` // those of this CPU that CHORD_CPU allows, best first
	Tier     string   `json:"tier"`  // the one in use

	trimmed bool // built with -trimpath
}

// thisBuild returns the build of this program.
func thisBuild() build {
	b := build{Version: "unknown", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: cpu.Name(), Tiers: simd.Tiers(), Tier: simd.Tier()}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.read(info)
	}
	return b
}

// ofRelease reports whether the program is from a release: one that go install fetched,
// or one of a tag, built as releases are.
func (b build) ofRelease() bool {
	return b.Sum != "" || b.trimmed && strings.HasPrefix(b.Version, "v") && !pseudo.MatchString(b.Version)
}

// pseudo is a version that Go makes of a commit without a tag.
var pseudo = regexp.MustCompile(`[-.]\d{14}-([0-9a-f]{12})(\+|$)`)

// read takes version and commit from what the compiler has noted. Of a module that go
// install fetched it notes no commit: a version without a tag has it in its name, of
// another the tag and the checksum say which it is.
func (b *build) read(info *debug.BuildInfo) {
	if b.Version = info.Main.Version; b.Version == "" {
		b.Version = "(devel)"
	}
	b.Sum = info.Main.Sum
	if m := pseudo.FindStringSubmatch(b.Version); m != nil {
		b.Commit = m[1]
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "-trimpath":
			b.trimmed = s.Value == "true"
		}
	}
}

// commit returns the commit in words.
func (b build) commit() string {
	switch {
	case b.Commit == "" && b.Sum != "":
		return "commit with the tag cmd/chord/" + b.Version + ", module " + b.Sum
	case b.Commit == "":
		return "unknown commit"
	case b.Modified:
		return "commit " + b.Commit + ", modified"
	}
	return "commit " + b.Commit
}

// versionLine returns what --version prints.
func versionLine() string {
	b := thisBuild()
	return fmt.Sprintf("chord %s (%s, %s, %s/%s, tiers %s, using %s)",
		b.Version, b.commit(), b.Go, b.OS, b.Arch, strings.Join(b.Tiers, " "), b.Tier)
}

// versionCommand returns chord version.
func (a *app) versionCommand() *cobra.Command {
	asJSON := false
	cmd := a.runs(&cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and what this CPU can do",
		Example: `  chord version
  chord version --json`,
		Args: cobra.NoArgs,
	}, func(*cobra.Command, []string) error {
		b := thisBuild()
		if asJSON {
			return a.json(b)
		}
		_, err := fmt.Fprintf(a.out, "chord   %s\ncommit  %s\ngo      %s %s/%s\ncpu     %s\ntiers   %s\nin use  %s\n",
			b.Version, strings.TrimPrefix(b.commit(), "commit "), b.Go, b.OS, b.Arch, cmp.Or(b.CPU, "unknown"), strings.Join(b.Tiers, " "), b.Tier)
		return err
	})
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// json prints v as indented JSON.
func (a *app) json(v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
